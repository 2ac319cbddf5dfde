import { env, exports } from "cloudflare:workers";
import type { RoomControl } from "../../src/access/room-control.ts";
import { buildApp } from "../../src/app.ts";
import { parseEnvironment, type Environment } from "../../src/env.ts";
import { answerRequest } from "../../src/http/answer-request.ts";
import { operations } from "../../src/operations.ts";
import type { Answer, TestOrganization } from "./organization.ts";
import { callApi, newAddress } from "./organization.ts";

// Swarms and rooms as their organization makes them, through the door.

async function made(answer: Promise<Answer>): Promise<Answer["body"]> {
  const { status, text, body } = await answer;
  if (status >= 300) throw new Error(text);
  return body;
}

export type MadeRoom = { readonly swarmId: string; readonly roomId: string };

/** A room of a new swarm, or of one that is there. */
export async function newRoom(org: TestOrganization, body: object = {}, swarm?: string): Promise<MadeRoom> {
  const swarmId: string = swarm ?? (await made(org.call("POST", "/v1/swarms", { name: "Swarm" }))).id;
  const { id: roomId } = await made(org.call("POST", `/v1/swarms/${swarmId}/rooms`, { name: "Room", ...body }));
  return { swarmId, roomId };
}

export const newMember = async (org: TestOrganization): Promise<string> =>
  (await made(org.call("POST", "/v1/agents", { externalId: crypto.randomUUID(), name: "Member" }))).id;

export const everyCap = ["topic:publish", "topic:subscribe", "presence", "history"];

export const mintFor = (org: TestOrganization, roomId: string, agentId: string, body: object = {}): Promise<Answer> =>
  org.call("POST", `/v1/rooms/${roomId}/tokens`, { agentId, caps: everyCap, ...body });

/** The same organization's calls with another credential. */
export const asBearer = (org: TestOrganization, bearer: string): TestOrganization => ({
  ...org,
  apiKey: bearer,
  call: (method, path, body, headers) =>
    callApi(method, path, body, { authorization: `Bearer ${bearer}`, "cf-connecting-ip": org.address, ...headers }),
});

/** The settings of the Worker under test, with some of its bindings replaced. */
export function environment(bindings: object = {}): Environment {
  const parsed = parseEnvironment({ ...env, ...bindings });
  if (!parsed.ok) throw new Error("the tests' environment is not whole");
  return parsed.env;
}

/** Who is there, as the bearer of a room token sees it. */
export const presenceOf = (roomId: string, token: string): Promise<Answer> =>
  callApi("GET", `/v1/rooms/${roomId}/presence`, undefined, { authorization: `Bearer ${token}` });

export type Connected = { readonly closed: Promise<number>; readonly isOpen: () => boolean; readonly close: () => void };

/** A member's socket: `closed` is the code with which the room ended it. */
export async function connect(roomId: string, token: string): Promise<Connected> {
  const headers = {
    upgrade: "websocket",
    "sec-websocket-protocol": `armalo.room.v1, bearer.${token}`,
    "cf-connecting-ip": newAddress(),
  };
  const { status, webSocket } = await exports.default.fetch(`https://api.armalo.test/v1/rooms/${roomId}/connect`, { headers });
  if (webSocket === null) throw new Error(`no socket: ${status}`);
  const closed = new Promise<number>((resolve) => webSocket.addEventListener("close", ({ code }) => resolve(code)));
  webSocket.accept();
  return { closed, isOpen: () => webSocket.readyState === WebSocket.OPEN, close: () => webSocket.close(1000) };
}

/** What `bindings.ROOM` is where an object is out of reach, or another one answers in its place. */
export const roomsAre = (object: () => Partial<RoomControl>) => ({ ROOM: { idFromName: (name: string) => name, get: object } });
export const outOfReach = roomsAre(() => {
  throw new Error("out of reach");
});

/** A call to a Worker with other bindings. */
export const callWith =
  (bindings: object, org: TestOrganization) =>
  async (method: string, path: string, body?: object): Promise<Response> => {
    const request = new Request(new URL(path, "https://api.armalo.test"), {
      method,
      headers: { authorization: `Bearer ${org.apiKey}`, "content-type": "application/json", "cf-connecting-ip": org.address },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const pending: Promise<unknown>[] = [];
    const settings = parseEnvironment({ ...env, ...bindings });
    const response = await answerRequest(buildApp(operations), request, settings, (work) => pending.push(work));
    await Promise.all(pending);
    return response;
  };
