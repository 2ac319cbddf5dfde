import { env } from "cloudflare:workers";
import { parseEnvironment, type Environment } from "../../src/env.ts";
import type { Answer, TestOrganization } from "./organization.ts";
import { callApi } from "./organization.ts";

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

/** The settings of the Worker under test. */
export function environment(): Environment {
  const parsed = parseEnvironment(env);
  if (!parsed.ok) throw new Error("the tests' environment is not whole");
  return parsed.env;
}
