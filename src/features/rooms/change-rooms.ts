import { plans, type Plan } from "../../access/plans.ts";
import { requireWholeOrganization } from "../../access/principal.ts";
import { demandRoom, suggestRoom } from "../../access/room-control.ts";
import { tagId } from "../../access/tagged-id.ts";
import { compileJsonSchema } from "../../expressions/json-schema.ts";
import { newWorkBudget } from "../../expressions/work-budget.ts";
import type { WriteContext } from "../../http/operation.ts";
import { Problem, problem, type FieldError } from "../../http/problem.ts";
import { newName } from "../../platform/ids.ts";
import { addOpenRoom, dropOpenRoom, selectSwarm } from "../swarms/index.ts";
import { requireOpen } from "./require-open.ts";
import { toRoom, type NewRoomRow } from "./room.ts";
import type { RoomChanges, RoomInput, RoomView } from "./schemas.ts";
import { insertRoom, selectRoom, updateRoom } from "./store.ts";

/** A room of a swarm. Its identifier carries a keyed tag: it addresses an object. */
export async function createRoom(context: WriteContext<"room.created">, swarmId: string, input: RoomInput): Promise<RoomView> {
  const { tenant, principal, plan, env, now } = context;
  requireWholeOrganization(principal);
  const [[swarm]] = await tenant.read((db) => [selectSwarm(db, swarmId)]);
  if (swarm === undefined) throw problem("not_found", "no such swarm");
  refuse(input, plan);
  const id = await tagId(env, "room", newName());
  const { name, topics, retention } = input;
  const kept = { retentionMessages: retention.messages, retentionDays: retention.days };
  const row: NewRoomRow = { id, swarmId, name, topics, ...kept, revision: 1, closedAt: null, createdAt: now, updatedAt: now };
  const view = toRoom(row);
  const { roomsPerSwarm } = plans[plan];
  try {
    await tenant.write({ action: "room.created", resource: id, change: view, answer: view }, (db) => [
      insertRoom(db, row),
      addOpenRoom(db, swarmId, roomsPerSwarm),
    ]);
  } catch (thrown) {
    // addOpenRoom is the only statement here that may match nothing.
    if (thrown instanceof Problem && thrown.code === "state_conflict")
      throw problem("plan_limit", `the plan allows ${roomsPerSwarm} open rooms in a swarm`);
    throw thrown;
  }
  return view;
}

/** Other topics, retention or name: the room's object reads them before this answers, or when it next starts. */
export async function changeRoom(context: WriteContext<"room.updated">, roomId: string, changes: RoomChanges): Promise<RoomView> {
  const { tenant, principal, plan, env, now } = context;
  requireWholeOrganization(principal);
  const [[found]] = await tenant.read((db) => [selectRoom(db, roomId)]);
  const current = requireOpen(found);
  refuse(changes, plan);
  const { name = current.name, topics = current.topics, retention } = changes;
  const kept = retention === undefined ? {} : { retentionMessages: retention.messages, retentionDays: retention.days };
  const set = { name, topics, ...kept, updatedAt: now };
  const view = toRoom({ ...current, ...set });
  await tenant.write({ action: "room.updated", resource: roomId, change: view, answer: view }, (db) => [updateRoom(db, current, set)]);
  await suggestRoom(env, roomId, (room) => room.reload());
  return view;
}

/** Ends a room for good: in its object first, so that nothing is said in it any more once this has answered. */
export async function closeRoom({ tenant, principal, env, now }: WriteContext<"room.closed">, roomId: string): Promise<RoomView> {
  requireWholeOrganization(principal);
  const [[found]] = await tenant.read((db) => [selectRoom(db, roomId)]);
  const current = requireOpen(found);
  await demandRoom(env, roomId, (room) => room.close());
  const set = { closedAt: now, updatedAt: now };
  const view = toRoom({ ...current, ...set });
  await tenant.write({ action: "room.closed", resource: roomId, change: { closedAt: now.toISOString() }, answer: view }, (db) => [
    updateRoom(db, current, set),
    dropOpenRoom(db, current.swarmId),
  ]);
  return view;
}

/** What the plan does not allow, and schemas that nothing could be checked against. */
function refuse({ topics = [], retention }: RoomChanges, plan: Plan): void {
  const { roomMessages, roomDays } = plans[plan];
  const beyond: FieldError[] = [
    ...(retention !== undefined && retention.messages > roomMessages
      ? [{ path: "body.retention.messages", message: `The plan keeps at most ${roomMessages} messages.` }]
      : []),
    ...(retention !== undefined && retention.days > roomDays
      ? [{ path: "body.retention.days", message: `The plan keeps them for at most ${roomDays} days.` }]
      : []),
  ];
  if (beyond.length > 0) throw problem("plan_limit", "retention beyond the plan", { errors: beyond });
  const budget = newWorkBudget();
  const errors = topics.flatMap(({ schema }, at) => {
    const compiled = schema === undefined ? undefined : compileJsonSchema(schema, budget);
    if (compiled?.ok !== false) return [];
    return [{ path: ["body.topics", at, "schema", ...compiled.path].join("."), message: compiled.detail }];
  });
  if (errors.length > 0) throw problem("invalid_request", "topic schema refused", { errors });
}
