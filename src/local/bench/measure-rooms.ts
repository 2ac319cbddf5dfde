import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { openApi, type ApiClient } from "../api-client.ts";
import { allOf, deliveriesPerSecond, fanOut, type FanOut } from "./fan-out.ts";
import { meetBare, meetInRoom, type Meeting } from "./meeting.ts";
import type { Signing } from "./measure-signing.ts";
import type { Workerd } from "./processes.ts";
import { medianRatio, takeTurns } from "./race.ts";
import { seededAgentId, type Tenant } from "./seed.ts";
import { median } from "./statistics.ts";

const Made = z.object({ id: z.string() });
const MadeKey = z.object({ id: z.string(), key: z.string() });
const Minted = z.object({ token: z.string() });
const revokedCode = 4003;

/** What each kind of room came to with so many messages on their way at once, and the ratio of deliveries a second to the bare room's. */
export type RoomRace = {
  readonly together: number;
  readonly room: FanOut;
  readonly bare: FanOut;
  readonly keeping: FanOut;
  readonly ratio: number;
};

type Revocations = {
  /** From the answer of the call to the last socket's end; 0 where that came first. */
  readonly closedMs: { readonly median: number; readonly worst: number };
  readonly callMs: number;
  /** Messages published after the answer that a revoked member got. */
  readonly framesAfter: number;
};

export type Rooms = {
  /** Undefined in memory where there is no such place. */
  readonly races: Readonly<Record<"inMemory" | "onDisk", readonly RoomRace[] | undefined>>;
  readonly revocations: Revocations;
  readonly tokens: Signing;
};

const memberCount = 300;
const agentId = (number: number): string => seededAgentId(1 + number);

/** Members of our room and of bare ones, by the same client in turns: first several messages at once, then one at a time. */
export async function raceRooms(workerd: Workerd, { apiKey }: Tenant): Promise<RoomRace[]> {
  const api = openApi(workerd.origins.api, apiKey);
  const roomId = await createRoom(api);
  const tokens: string[] = [];
  while (tokens.length < memberCount) tokens.push(await mint(api, roomId, tokens.length));
  const meetings = {
    room: await meetInRoom(workerd.origins.api, roomId, tokens),
    bare: await meetBare(workerd.origins.bareRoom, "bare/bench", memberCount),
    keeping: await meetBare(workerd.origins.bareRoom, "keeping/bench", memberCount),
  };
  const races: RoomRace[] = [];
  for (const together of [4, 1]) races.push(await raceMeetings(workerd, meetings, together));
  for (const { leave } of Object.values(meetings).flatMap(({ members }) => members)) leave();
  return races;
}

async function raceMeetings(
  workerd: Workerd,
  { room, bare, keeping }: Record<"room" | "bare" | "keeping", Meeting>,
  together: number,
): Promise<RoomRace> {
  const sides = [room, bare, keeping].map((meeting) => ({ meeting, runs: new Array<FanOut>() }));
  for (const { meeting } of sides) await fanOut(workerd, meeting, together, 1);
  await takeTurns(sides, 9, async ({ meeting, runs }) => {
    runs.push(await fanOut(workerd, meeting, together, 0.5));
  });
  const [ours = [], bares = [], keepings = []] = sides.map(({ runs }) => runs);
  const ratio = medianRatio(ours.map(deliveriesPerSecond), bares.map(deliveriesPerSecond));
  return { together, room: allOf(ours), bare: allOf(bares), keeping: allOf(keepings), ratio };
}

async function createRoom(api: ApiClient): Promise<string> {
  const swarm = await api.call("POST", "/v1/swarms", Made, { name: "Bench" });
  const room = await api.call("POST", `/v1/swarms/${swarm.id}/rooms`, Made, { name: "Bench" });
  return room.id;
}

async function mint(api: ApiClient, roomId: string, number: number): Promise<string> {
  const body = { agentId: agentId(number), caps: ["topic:publish", "topic:subscribe"] };
  const { token } = await api.call("POST", `/v1/rooms/${roomId}/tokens`, Minted, body);
  return token;
}

/** Between what the speaker says. */
const pauseMs = 5;
const crowdOf = { agents: 25, socketsEach: 4 };

/** Revokes the key that let a hundred sockets in, of 25 agents, while a member that another key let in goes on publishing. */
export async function measureRevocations(workerd: Workerd, { apiKey }: Tenant): Promise<Revocations> {
  const api = openApi(workerd.origins.api, apiKey);
  const roomId = await createRoom(api);
  const speaker = await meetInRoom(workerd.origins.api, roomId, [await mint(api, roomId, crowdOf.agents)]);
  const rounds: Awaited<ReturnType<typeof revokeCrowd>>[] = [];
  while (rounds.length < 5) {
    const key = await api.call("POST", "/v1/keys", MadeKey, { name: "crowd", scopes: ["swarms:join"] });
    const minter = openApi(workerd.origins.api, key.key);
    const tokens: string[] = [];
    while (tokens.length < crowdOf.agents) tokens.push(await mint(minter, roomId, tokens.length));
    const everyone = tokens.flatMap((token) => Array.from({ length: crowdOf.socketsEach }, () => token));
    const meeting = await meetInRoom(workerd.origins.api, roomId, everyone);
    rounds.push(await revokeCrowd(meeting, speaker, () => api.call("POST", `/v1/keys/${key.id}/revoke`, Made)));
  }
  for (const { leave } of speaker.members) leave();
  const closed = rounds.map(({ closedMs }) => closedMs);
  return {
    closedMs: { median: median(closed), worst: Math.max(...closed) },
    callMs: median(rounds.map(({ callMs }) => callMs)),
    framesAfter: rounds.reduce((total, { framesAfter }) => total + framesAfter, 0),
  };
}

/** Everything that a crowd of sockets got and how they ended, when what let them in is revoked. */
export async function revokeCrowd(
  crowd: Meeting,
  speaker: Meeting,
  revoke: () => Promise<unknown>,
): Promise<{ readonly closedMs: number; readonly callMs: number; readonly framesAfter: number }> {
  const refused = (fault: Error): never => {
    throw fault;
  };
  let [published, publishedBefore, framesBefore, framesAfter] = [0, Infinity, 0, 0];
  crowd.listen({ heard: (number) => (number > publishedBefore ? (framesAfter += 1) : (framesBefore += 1)), refused });
  const speak = (): void => speaker.members[0]?.send(speaker.textOf(++published));
  let speaking = setTimeout(speak);
  speaker.listen({ heard: () => (speaking = setTimeout(speak, pauseMs)), refused });
  await sleep(200);
  if (framesBefore === 0) throw new Error("nobody heard the speaker");
  const calledAt = performance.now();
  await revoke();
  const answeredAt = performance.now();
  publishedBefore = published;
  const closings = await Promise.all(crowd.members.map(({ closed }) => closed));
  await sleep(200);
  clearTimeout(speaking);
  const wrong = closings.find(({ code }) => code !== revokedCode);
  if (wrong !== undefined) throw new Error(`a revoked socket was closed with ${wrong.code}`);
  const closedMs = Math.max(0, ...closings.map(({ at }) => at - answeredAt));
  return { closedMs, callMs: answeredAt - calledAt, framesAfter };
}
