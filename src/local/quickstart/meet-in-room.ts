import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { readDocument } from "../../verifier/read-document.ts";
import type { ApiClient } from "../api-client.ts";
import { checkOffline } from "./check-offline.ts";
import { enterRoom, type RoomMember } from "./room-member.ts";
import type { Progress } from "./state.ts";

type Ground = {
  readonly url: string;
  readonly folder: string;
  readonly api: ApiClient;
  readonly apiKey: string;
  readonly say: (line: string) => void;
};

const Made = z.object({ id: z.string() });
const Minted = z.object({ token: z.string() });
const topics = [
  { name: "questions", schema: { type: "object", required: ["text"], properties: { text: { type: "string" } } } },
  {
    name: "answers",
    schema: { type: "object", required: ["to", "text"], properties: { to: { type: "integer" }, text: { type: "string" } } },
  },
];

/** Two agents meet in a room: one asks and the other answers. What was said is exported, and checked with no network. */
export async function meetInRoom(ground: Ground, { state, note }: Progress): Promise<void> {
  const { api, say } = ground;
  const { agentId: asker = "", seed } = state;
  const make = async (path: string, body: object, step: string) =>
    (await api.call("POST", path, Made, body, `quickstart-${seed}-${step}`)).id;
  const helper = await make("/v1/agents", { externalId: "example-researcher", name: "Example researcher" }, "researcher");
  const swarmId = await make("/v1/swarms", { name: "Quickstart" }, "swarm");
  const roomId = await make(`/v1/swarms/${swarmId}/rooms`, { name: "Help desk", topics }, "room");
  const enter = async (agentId: string, hears: string, speaks: string): Promise<RoomMember> => {
    const caps = [`topic:subscribe:${hears}`, `topic:publish:${speaks}`, "presence"];
    const { token } = await api.call("POST", `/v1/rooms/${roomId}/tokens`, Minted, { agentId, caps });
    const member = await enterRoom(ground.url, roomId, token);
    member.send({ type: "subscribe", topics: [hears] });
    await member.next("subscribed");
    return member;
  };
  const members = await Promise.all([enter(asker, "answers", "questions"), enter(helper, "questions", "answers")]);
  say(`Two agents meet in ${roomId}:\n`);
  try {
    for (const line of await talk(...members)) say(`  ${line}`);
  } finally {
    for (const member of members) member.leave();
  }
  await checkTranscript(ground, roomId);
  await note({ met: true });
}

async function talk(asker: RoomMember, helper: RoomMember): Promise<string[]> {
  asker.send({ type: "publish", topic: "questions", body: { text: "How long is the warranty?" } });
  const question = await helper.next("message");
  helper.send({ type: "publish", topic: "answers", body: { to: question.seq, text: "Two years from the day of delivery." } });
  const answer = await asker.next("message");
  return [question, answer].map(({ seq, topic, from, body }) => `${seq}  ${topic.padEnd(10)} ${from}  ${JSON.stringify(body)}`);
}

/** Keeps the transcript as a file, and checks that as a stranger would who has the root key's fingerprint. */
async function checkTranscript({ url, folder, apiKey, say }: Ground, roomId: string): Promise<void> {
  const answer = await fetch(`${url}/v1/rooms/${roomId}/transcript`, { headers: { authorization: `Bearer ${apiKey}` } });
  const bytes = new Uint8Array(await answer.arrayBuffer());
  const document = answer.ok ? readDocument(bytes) : undefined;
  if (document === undefined) throw new Error(`the transcript was answered with ${answer.status}: ${new TextDecoder().decode(bytes)}`);
  const file = join(folder, "transcript.jsonl");
  await writeFile(file, bytes, { mode: 0o600 });
  const { report, exitCode, fingerprint } = await checkOffline(folder, document);
  const verdict = exitCode === 0 ? "verified offline, every message in its place" : `not verified:\n\n${report}`;
  say(`\nWhat they said, signed and chained: ${verdict}.\n\n  npx armalo-verify ${file} --issuer ${fingerprint}\n`);
}
