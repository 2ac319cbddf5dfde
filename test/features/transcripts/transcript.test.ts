import { env, exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { parseVerifierKey } from "../../../src/audit/transparency/signed-note.ts";
import { parseTlogProof } from "../../../src/audit/transparency/tlog-proof.ts";
import { hashLeaf } from "../../../src/audit/transparency/tree-hash.ts";
import { canonicalJson } from "../../../src/crypto/canonical-json.ts";
import { jsonDigest } from "../../../src/crypto/digest.ts";
import { utf8 } from "../../../src/crypto/encoding.ts";
import { checkDocument } from "../../../src/verifier/check-document.ts";
import { readDocument } from "../../../src/verifier/read-document.ts";
import { exitCodeOf } from "../../../src/verifier/verdicts.ts";
import { eventsOf } from "../../audit/support.ts";
import { checkInclusion } from "../../audit/transparency/check-inclusion.ts";
import { ownerSees, roundTrips } from "../../support/harness.ts";
import { createOrganization, type TestOrganization } from "../../support/organization.ts";
import { openWorld, roomStub, type Client, type World } from "../../rooms/room-world.ts";

const pins = { fingerprints: [env.ROOT_FINGERPRINT], witnesses: [], now: new Date(Date.now() + 60_000), maxListAgeSeconds: 86_400 };
const beside = { keyHistory: null, checkpoint: null, leaves: null, accepted: [] };

async function judge(text: string): Promise<{ exit: number; messages: string }> {
  const document = readDocument(utf8(text));
  if (document === undefined) return { exit: 3, messages: "" };
  const { findings } = await checkDocument(document, beside, pins);
  const messages = findings.filter(({ check }) => check === "messages").map(({ verdict, detail }) => `${verdict}: ${detail}`);
  return { exit: exitCodeOf(findings, []), messages: messages.join("\n") };
}

const download = ({ org, roomId }: World): Promise<Response> =>
  exports.default.fetch(
    new Request(`https://api.armalo.test/v1/rooms/${roomId}/transcript`, {
      headers: { authorization: `Bearer ${org.apiKey}`, "cf-connecting-ip": org.address },
    }),
  );
/** Not by `text()`, which warns of every type but text/…. */
const textOf = async (answer: Response): Promise<string> => new TextDecoder().decode(await answer.arrayBuffer());
/** Publishes so many messages on one socket, and waits for the last. */
async function publishMany(client: Client, count: number): Promise<void> {
  const ref = crypto.randomUUID();
  for (let sent = 1; sent < count; sent += 1) client.send({ type: "publish", topic: "work", body: sent });
  client.send({ type: "publish", topic: "work", body: "last", ref });
  await client.first("published", (frame) => frame.ref === ref);
}
const publish = async (world: World, token: string, body: unknown, sideEffect = false): Promise<void> => {
  const answer = await world.call(token, "POST", "/messages", { topic: "work.offers", body, sideEffect });
  expect(answer.status, answer.text).toBe(201);
};

describe("a room's transcript", () => {
  it("holds offline: who signed it, and every message that was published on the socket and over HTTP", async () => {
    const world = await openWorld({ agents: 2 });
    const one = await world.connect(0);
    await one.ask({ type: "publish", topic: "work.offers", body: { offer: 3, to: "žluťoučký ✓" } });
    await publish(world, await world.mint(1), "taken", true);
    await one.ask({ type: "publish", topic: "work.done", body: null });
    const answer = await download(world);
    const text = await textOf(answer);
    expect([answer.status, answer.headers.get("content-type")], text).toEqual([200, "application/jsonl"]);
    expect(answer.headers.get("content-disposition")).toBe(`attachment; filename="transcript-${world.roomId}-3.jsonl"`);
    expect(await judge(text)).toMatchObject({ exit: 0, messages: expect.stringContaining(`no. 1 to 3 of ${world.roomId}`) });
    const [, ...messages] = text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(messages).toMatchObject([
      { seq: 1, from: world.agents[0], topic: "work.offers", body: { offer: 3, to: "žluťoučký ✓" }, sideEffect: false },
      { seq: 2, from: world.agents[1], topic: "work.offers", body: "taken", sideEffect: true },
      { seq: 3, from: world.agents[0], topic: "work.done", body: null, sideEffect: false },
    ]);
    expect((await judge(text.replace("taken", "token"))).exit).toBe(40);
  });

  it("costs a read and a record of who exported it", async () => {
    const world = await openWorld({ agents: 1 });
    const answer = await download(world);
    expect((await judge(await textOf(answer))).exit).toBe(0);
    expect(await roundTrips(answer.headers.get("x-request-id") ?? "")).toBe(2);
    const events = await ownerSees(
      "select kind, credential from security_events where org_id = $1 and kind = 'transcript_exported'",
      world.org.orgId,
    );
    expect(events).toEqual([{ kind: "transcript_exported", credential: world.org.keyId }]);
  });

  it("says where the room has dropped what came before, and holds from there on", async () => {
    const world = await openWorld({ agents: 1, retention: { messages: 2, days: 1 } });
    const token = await world.mint(0);
    for (const body of ["one", "two", "three", "four", "five"]) await publish(world, token, body);
    const { floor, head } = await roomStub(world).status();
    expect(head.seq).toBe(5);
    const text = await textOf(await download(world));
    expect(await judge(text)).toMatchObject({ exit: 0, messages: expect.stringContaining(`no. ${floor.seq + 1} to 5`) });
    expect(floor.seq).toBeGreaterThan(0);
  });

  it("goes over many pages, and is whole while messages go on coming in", async () => {
    const world = await openWorld({ agents: 1, retention: { messages: 2_000, days: 1 } });
    const one = await world.connect(0);
    await publishMany(one, 1_100);
    const answer = await download(world);
    await one.ask({ type: "publish", topic: "work", body: "late" });
    const text = await textOf(answer);
    expect(text).not.toContain("late");
    expect(await judge(text)).toMatchObject({ exit: 0, messages: expect.stringContaining("no. 1 to 1100") });
  });

  it("breaks off where the room drops on the way what was promised, and is never short without a word", async () => {
    const world = await openWorld({ agents: 1, retention: { messages: 1_500, days: 1 } });
    const one = await world.connect(0);
    await publishMany(one, 1_500);
    const answer = await download(world);
    await publishMany(one, 1_500);
    expect((await roomStub(world).status()).floor.seq).toBeGreaterThan(1_000);
    await expect(textOf(answer)).rejects.toThrow();
  });

  it("is for credentials of the whole organization alone, and of no other one", async () => {
    const world = await openWorld({ agents: 1 });
    const path = `/v1/rooms/${world.roomId}/transcript`;
    const bound = await world.org.call("POST", "/v1/keys", { name: "bound", scopes: ["swarms:read"], agentId: world.agents[0] });
    const answer = await world.org.call("GET", path, undefined, { authorization: `Bearer ${bound.body.key}` });
    expect([answer.status, answer.body.code]).toEqual([403, "forbidden"]);
    const stranger = await createOrganization();
    expect((await stranger.call("GET", path)).status).toBe(404);
  });

  it("is refused where a room token asks: what one member may hear is not all", async () => {
    const world = await openWorld({ agents: 1 });
    expect((await world.call(await world.mint(0), "GET", "/transcript")).status).toBe(401);
  });
});

describe("what happens in a room", () => {
  /** The newest events of a room's kinds, once there are so many. */
  const roomEvents = async (org: TestOrganization, count: number) => {
    const all = async () => (await eventsOf(org)).filter(({ action }) => /^room\.(joined|left|revoked|effect_published)$/.test(action));
    await expect.poll(async () => (await all()).length).toBe(count);
    return all();
  };

  it("stands in the organization's transparency log: who joined, left, was put out, and which effect was published", async () => {
    const world = await openWorld({ agents: 2 });
    const { org, roomId, agents } = world;
    const [one, two] = [await world.connect(0), await world.connect(1)];
    await two.ask({ type: "subscribe", topics: ["**"] });
    const published = await one.ask({ type: "publish", topic: "work.pay", body: { to: "alice" }, sideEffect: true });
    await one.ask({ type: "publish", topic: "work", body: "words alone" });
    const revoked = await org.call("POST", `/v1/rooms/${roomId}/revocations`, { agentId: agents[0] });
    expect(revoked.status, revoked.text).toBe(201);
    expect(await one.closed).toBe(4003);
    await org.call("POST", `/v1/rooms/${roomId}/close`);
    expect(await two.closed).toBe(4004);

    const events = await roomEvents(org, 6);
    expect(events.map(({ action, actor }) => `${action} ${actor}`).toSorted()).toEqual(
      [
        ...agents.flatMap((agent) => [`room.joined agent:${agent}`, `room.left agent:${agent}`]),
        `room.effect_published agent:${agents[0]}`,
        `room.revoked key:${org.keyId}`,
      ].toSorted(),
    );
    const { body: log } = await org.call("GET", "/v1/log");
    const keys = log.verifierKeys.map(parseVerifierKey);
    for (const event of events) {
      const { text } = await org.call("GET", `/v1/audit-events/${event.id}/tlog-proof`);
      const proof = parseTlogProof(text) ?? expect.fail(text);
      const { at, ...rest } = event;
      const leaf = hashLeaf(utf8(canonicalJson({ v: 1, ...rest, at: at.toISOString() })));
      expect(await checkInclusion(leaf, proof, log.origin, keys), event.action).toMatchObject({ ok: true });
      const forged = hashLeaf(utf8(canonicalJson({ v: 1, ...rest, actor: "agent:other", at: at.toISOString() })));
      expect(await checkInclusion(forged, proof, log.origin, keys), event.action).toMatchObject({ ok: false, reason: "not_included" });
    }

    const effect = events.find(({ action }) => action === "room.effect_published");
    const transcript = await textOf(await download(world));
    expect((await judge(transcript)).exit).toBe(0);
    const message = transcript
      .split("\n")
      .slice(1, -1)
      .map((line) => JSON.parse(line))
      .find(({ sideEffect }) => sideEffect);
    expect(message.digest).toBe(published.digest);
    const [visit] = await ownerSees("select id from room_visits where org_id = $1 and agent_id = $2", org.orgId, agents[0]);
    const { seq, digest, topic, at } = message;
    expect(effect?.change).toBe(
      await jsonDigest({ roomId, agentId: agents[0] ?? "", visitId: String(visit?.["id"]), seq, topic, digest, at }),
    );
  });

  it("is shown as teamwork once a visit has ended", async () => {
    const world = await openWorld({ agents: 1 });
    const one = await world.connect(0);
    await one.ask({ type: "publish", topic: "work.pay", body: 1, sideEffect: true });
    await one.ask({ type: "publish", topic: "work", body: 2 });
    const read = async () => (await world.org.call("GET", `/v1/agents/${world.agents[0]}/teamwork`)).body;
    expect((await read()).total.visits).toBe(0);
    await world.org.call("POST", `/v1/rooms/${world.roomId}/close`);
    await expect.poll(async () => (await read()).total.visits).toBe(1);
    const { items, assurance, scored } = await read();
    expect({ assurance, scored }).toEqual({ assurance: 0, scored: false });
    expect(items).toMatchObject([{ roomId: world.roomId, visits: 1, messages: 2, effects: 1 }]);
  });
});
