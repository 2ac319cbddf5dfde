import { decodeJwt, decodeProtectedHeader } from "jose";
import { describe, expect, it } from "vitest";
import { readRoomToken } from "../../../src/access/room-token.ts";
import { loadRoom } from "../../../src/features/rooms/index.ts";
import { ownerSees, roundTrips } from "../../support/harness.ts";
import { createOrganization, type TestOrganization } from "../../support/organization.ts";
import { asBearer, environment, everyCap, mintFor, newMember, newRoom } from "../../support/rooms.ts";

async function world() {
  const org = await createOrganization();
  return { org, ...(await newRoom(org)), agentId: await newMember(org) };
}

/** Reads a token as the room's object would that starts now. */
async function verify(org: TestOrganization, roomId: string, token: string) {
  const config = await loadRoom(environment(), roomId);
  const secrets = new Map(config?.secrets.map(({ generation, key }) => [generation, key]));
  return readRoomToken({ roomId, orgId: org.orgId, origin: "https://api.armalo.test", secrets, now: new Date() }, token);
}

const keyFor = async (org: TestOrganization, wish: object): Promise<TestOrganization> => {
  const made = await org.call("POST", "/v1/keys", { name: "minter", scopes: ["swarms:join", "tokens:issue"], ...wish });
  expect(made.status, made.text).toBe(201);
  return asBearer(org, made.body.key);
};

describe("a minted room token", () => {
  it("is what its room takes, and says who may do what", async () => {
    const { org, roomId, agentId } = await world();
    const made = await mintFor(org, roomId, agentId, { caps: ["topic:publish:orders.*", "presence"], lifetimeSeconds: 120 });
    expect(made.status, made.text).toBe(201);
    expect(made.body).toMatchObject({ roomId, agentId, caps: ["topic:publish:orders.*", "presence"], expiresIn: 120 });
    expect(made.body.connectUrl).toBe(`wss://api.armalo.test/v1/rooms/${roomId}/connect`);
    expect(decodeProtectedHeader(made.body.token)).toEqual({ alg: "HS256", typ: "room+jwt", kid: "1" });
    const said = decodeJwt(made.body.token);
    expect(said).toMatchObject({
      iss: "https://api.armalo.test",
      aud: roomId,
      sub: agentId,
      org: org.orgId,
      key: org.keyId,
      jti: made.body.tokenId,
    });
    expect([said.nbf, said.exp]).toEqual([said.iat, (said.iat ?? 0) + 120]);
    const read = await verify(org, roomId, made.body.token);
    expect(read).toMatchObject({ ok: true, claims: { agentId, keyId: org.keyId, tokenId: made.body.tokenId, generation: 1 } });
  });

  it("costs two round trips, and is in the log by its identifier", async () => {
    const { org, roomId, agentId } = await world();
    const made = await mintFor(org, roomId, agentId);
    expect(await roundTrips(made.requestId)).toBe(2);
    const events = await ownerSees("select action from audit_events where org_id = $1 and resource = $2", org.orgId, made.body.tokenId);
    expect(events).toEqual([{ action: "room.token_minted" }]);
  });

  it("is shown once: a repeated request is answered without it, and it is stored nowhere", async () => {
    const { org, roomId, agentId } = await world();
    const ask = () => org.call("POST", `/v1/rooms/${roomId}/tokens`, { agentId, caps: everyCap }, { "idempotency-key": "once" });
    const [first, again] = [await ask(), await ask()];
    expect(first.body.token).toMatch(/^ey/);
    expect(again.body).toEqual({ ...first.body, token: null });
    const signature = String(first.body.token).split(".")[2] ?? "";
    const rows = await ownerSees("select * from idempotent_answers where org_id = $1", org.orgId);
    expect(JSON.stringify(rows)).not.toContain(signature);
  });

  it("is signed with the newest secret, while those of the former one still hold", async () => {
    const { org, swarmId, roomId, agentId } = await world();
    const before = await mintFor(org, roomId, agentId);
    await org.call("POST", `/v1/swarms/${swarmId}/rotate-secret`, { mode: "overlap" });
    const after = await mintFor(org, roomId, agentId);
    expect(decodeProtectedHeader(after.body.token).kid).toBe("2");
    for (const { body } of [before, after]) expect(await verify(org, roomId, body.token)).toMatchObject({ ok: true });
    await org.call("POST", `/v1/swarms/${swarmId}/rotate-secret`, { mode: "overlap" });
    expect(await verify(org, roomId, before.body.token)).toEqual({ ok: false, reason: "unknown_generation" });
    expect(await verify(org, roomId, after.body.token)).toMatchObject({ ok: true });
  });

  it("is worth nothing in another room, another swarm, or another organization", async () => {
    const { org, swarmId, roomId, agentId } = await world();
    const other = await createOrganization();
    const { body } = await mintFor(org, roomId, agentId);
    const sibling = await newRoom(org, {}, swarmId);
    expect(await verify(org, sibling.roomId, body.token)).toEqual({ ok: false, reason: "wrong_room" });
    expect(await verify(org, (await newRoom(org)).roomId, body.token)).toEqual({ ok: false, reason: "bad_signature" });
    expect(await verify(other, (await newRoom(other)).roomId, body.token)).toEqual({ ok: false, reason: "bad_signature" });
  });
});

describe("who may mint a room token", () => {
  it("is a key for any agent of its organization, and for none of another", async () => {
    const { org, roomId, agentId } = await world();
    const foreign = await newMember(await createOrganization());
    expect((await mintFor(org, roomId, agentId)).status).toBe(201);
    const refused = await mintFor(org, roomId, foreign);
    expect([refused.status, refused.body.errors[0].path]).toEqual([400, "body.agentId"]);
  });

  it("is a key that is bound to an agent for that agent alone", async () => {
    const { org, roomId, agentId } = await world();
    const bound = await keyFor(org, { agentId });
    expect((await mintFor(bound, roomId, agentId)).status).toBe(201);
    expect((await mintFor(bound, roomId, await newMember(org))).status).toBe(404);
  });

  it("is no access token", async () => {
    const { org, roomId, agentId } = await world();
    const key = await keyFor(org, {});
    const token = asBearer(org, (await key.call("POST", "/v1/access-tokens", {})).body.accessToken);
    const refused = await mintFor(token, roomId, agentId);
    expect([refused.status, refused.body.code]).toEqual([403, "forbidden"]);
  });

  it("is no key for longer than it lives itself", async () => {
    const { org, roomId, agentId } = await world();
    const end = new Date(Date.now() + 90_000);
    const key = await keyFor(org, { expiresAt: end.toISOString() });
    const made = await mintFor(key, roomId, agentId);
    expect(made.status, made.text).toBe(201);
    expect(Date.parse(made.body.expiresAt)).toBeLessThanOrEqual(end.getTime());
    expect(made.body.expiresIn).toBeGreaterThan(60);
  });

  it("is nobody for an agent that is archived", async () => {
    const { org, roomId, agentId } = await world();
    await org.call("POST", `/v1/agents/${agentId}/archive`);
    const refused = await mintFor(org, roomId, agentId);
    expect([refused.status, refused.body.code]).toEqual([409, "state_conflict"]);
  });

  it.each([
    [{ caps: ["topic:publish:**.paid"] }],
    [{ caps: ["admin"] }],
    [{ caps: [] }],
    [{ caps: ["presence"], lifetimeSeconds: 601 }],
    [{ caps: ["presence"], lifetimeSeconds: 0 }],
    [{ caps: ["presence"], nbf: 0 }],
  ])("is nobody for %j", async (body) => {
    const { org, roomId, agentId } = await world();
    expect((await mintFor(org, roomId, agentId, body)).status).toBe(400);
  });
});
