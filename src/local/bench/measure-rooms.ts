import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { openApi, type ApiClient } from "../api-client.ts";
import { allOf, deliveriesPerSecond, fanOut, type FanOut } from "./fan-out.ts";
import { meetBare, meetInRoom, type Meeting } from "./meeting.ts";
import type { Workerd } from "./processes.ts";
import { medianRatio, takeTurns } from "./race.ts";
import { seededAgentId, type Tenant } from "./seed.ts";
import { median } from "./statistics.ts";

const Made = z.object({ id: z.string() });
const MadeKey = z.object({ id: z.string(), key: z.string() });
const Minted = z.object({ token: z.string() });
const revokedCode = 4003;

export type Rooms = {
  /** As many messages on their way as the name says. */
  readonly races: readonly { readonly together: number; readonly room: FanOut; readonly bare: FanOut; readonly ratio: number }[];
  readonly revocations: Revocations;
};

type Revocations = {
  /** From the answer of the call to the last socket's end; 0 where that came first. */
  readonly closedMs: { readonly median: number; readonly worst: number };
  readonly callMs: number;
  /** Messages published after the answer that a revoked member got. */
  readonly framesAfter: number;
};

const memberCount = 300;
const agentId = (number: number): string => seededAgentId(1 + number);

/** Rooms of one organization, whose agents are numbered. */
export async function measureRooms(workerd: Workerd, { apiKey }: Tenant): Promise<Rooms> {
  const api = openApi(workerd.origins.api, apiKey);
  const swarm = await api.call("POST", "/v1/swarms", Made, { name: "Bench" });
  const newRoom = async (): Promise<string> => {
    const { id } = await api.call("POST", `/v1/swarms/${swarm.id}/rooms`, Made, { name: "Bench" });
    return id;
  };
  const races = await raceRooms(workerd, await newRoom(), api);
  return { races, revocations: await measureRevocations(workerd, await newRoom(), api) };
}

/** Members of our room and of a bare one, by the same client in turns: first as fast as it goes, then a message at a time. */
async function raceRooms(workerd: Workerd, roomId: string, api: ApiClient): Promise<Rooms["races"]> {
  const tokens: string[] = [];
  while (tokens.length < memberCount) tokens.push(await mint(api, roomId, tokens.length));
  const room = await meetInRoom(workerd.origins.api, roomId, tokens);
  const bare = await meetBare(workerd.origins.bareRoom, "bench", memberCount);
  const races: Rooms["races"][number][] = [];
  for (const together of [4, 1]) {
    const runs = new Map<Meeting, FanOut[]>([room, bare].map((meeting) => [meeting, []]));
    for (const meeting of runs.keys()) await fanOut(workerd, meeting, together, 2);
    await takeTurns([...runs], 12, async ([meeting, kept]) => {
      kept.push(await fanOut(workerd, meeting, together, 0.7));
    });
    const [ours = [], theirs = []] = runs.values();
    const ratio = medianRatio(ours.map(deliveriesPerSecond), theirs.map(deliveriesPerSecond));
    races.push({ together, room: allOf(ours), bare: allOf(theirs), ratio });
  }
  for (const { leave } of [...room.members, ...bare.members]) leave();
  return races;
}

async function mint(api: ApiClient, roomId: string, number: number): Promise<string> {
  const body = { agentId: agentId(number), caps: ["topic:publish", "topic:subscribe"] };
  const { token } = await api.call("POST", `/v1/rooms/${roomId}/tokens`, Minted, body);
  return token;
}

const crowdOf = { agents: 25, socketsEach: 4 };

/** Revokes the key that let a hundred sockets in, of 25 agents, while a member that another key let in goes on publishing. */
async function measureRevocations(workerd: Workerd, roomId: string, api: ApiClient): Promise<Revocations> {
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

async function revokeCrowd(
  crowd: Meeting,
  speaker: Meeting,
  revoke: () => Promise<unknown>,
): Promise<{ readonly closedMs: number; readonly callMs: number; readonly framesAfter: number }> {
  const refused = (fault: Error): never => {
    throw fault;
  };
  let [published, publishedBefore, framesBefore, framesAfter] = [0, Infinity, 0, 0];
  crowd.listen({ heard: (number) => (number > publishedBefore ? (framesAfter += 1) : (framesBefore += 1)), refused });
  speaker.listen({ heard: () => undefined, refused });
  const speaking = setInterval(() => speaker.members[0]?.send(speaker.textOf(++published)), 5);
  await sleep(200);
  if (framesBefore === 0) throw new Error("nobody heard the speaker");
  const calledAt = performance.now();
  await revoke();
  const answeredAt = performance.now();
  publishedBefore = published;
  const closings = await Promise.all(crowd.members.map(({ closed }) => closed));
  await sleep(200);
  clearInterval(speaking);
  const wrong = closings.find(({ code }) => code !== revokedCode);
  if (wrong !== undefined) throw new Error(`a revoked socket was closed with ${wrong.code}`);
  const closedMs = Math.max(0, ...closings.map(({ at }) => at - answeredAt));
  return { closedMs, callMs: answeredAt - calledAt, framesAfter };
}
