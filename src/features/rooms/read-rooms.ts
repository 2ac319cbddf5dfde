import { demandRoom } from "../../access/room-control.ts";
import type { ReadContext } from "../../http/operation.ts";
import { toPage, type Page } from "../../http/pagination.ts";
import { problem } from "../../http/problem.ts";
import { selectSwarm } from "../swarms/index.ts";
import { toRevocation } from "./revocation.ts";
import { toRoom } from "./room.ts";
import type { RevocationView, RoomStatusView, RoomView } from "./schemas.ts";
import { selectRevocations, selectRoom, selectRooms } from "./store.ts";

type PageOf<T> = { items: T[]; nextCursor: string | null };
const cursorOf = ({ createdAt, id }: { readonly createdAt: Date; readonly id: string }) => ({ at: createdAt, id });

export async function listRooms({ tenant }: ReadContext, swarmId: string, page: Page): Promise<PageOf<RoomView>> {
  const [[swarm], rows] = await tenant.read((db) => [selectSwarm(db, swarmId), selectRooms(db, swarmId, page)]);
  if (swarm === undefined) throw problem("not_found", "no such swarm");
  return toPage(rows, page, cursorOf, toRoom);
}

export async function getRoom({ tenant }: ReadContext, roomId: string): Promise<RoomView> {
  const [[room]] = await tenant.read((db) => [selectRoom(db, roomId)]);
  if (room === undefined) throw problem("not_found", "no such room");
  return toRoom(room);
}

/** Who is in a room, and how much was said: its object alone knows. */
export async function getStatus({ tenant, env }: ReadContext, roomId: string): Promise<RoomStatusView> {
  const [[room]] = await tenant.read((db) => [selectRoom(db, roomId)]);
  if (room === undefined) throw problem("not_found", "no such room");
  return { roomId, ...(await demandRoom(env, roomId, (object) => object.status())) };
}

export async function listRevocations({ tenant, now }: ReadContext, roomId: string, page: Page): Promise<PageOf<RevocationView>> {
  const [[room], rows] = await tenant.read((db) => [selectRoom(db, roomId), selectRevocations(db, roomId, page)]);
  if (room === undefined) throw problem("not_found", "no such room");
  return toPage(rows, page, cursorOf, (row) => toRevocation(row, now));
}
