import { listDurableObjectIds } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { SignJWT } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { importRoomSecret, newRoomSecret } from "../../src/access/room-token.ts";
import { tagId } from "../../src/access/tagged-id.ts";
import { loadRoom } from "../../src/features/rooms/index.ts";
import { newId } from "../../src/platform/ids.ts";
import { environment } from "../audit/support.ts";
import { askUntilCutOff, callApi, newAddress } from "../support/organization.ts";
import { ask, everything, openWorld, upgrade, type World } from "./room-world.ts";

let world: World;
let other: World;

beforeAll(async () => {
  [world, other] = [await openWorld(), await openWorld()];
});

type Claims = Record<string, unknown>;

/** A token as an attacker would write it, signed with whatever secret: by default the room's own, so that the claims alone decide. */
async function forge(change: Claims = {}, header: Record<string, unknown> = {}, secret?: CryptoKey): Promise<string> {
  const config = await loadRoom(environment(), world.roomId);
  const [own] = config?.secrets ?? [];
  if (own === undefined) throw new Error("no secret");
  const now = Math.floor(Date.now() / 1000);
  const claims: Claims = {
    ...{ iss: environment().publicOrigin, aud: world.roomId, sub: world.agents[0], org: world.org.orgId, key: world.org.keyId },
    ...{ jti: newId("roomToken"), caps: everything, iat: now, nbf: now, exp: now + 600 },
    ...change,
  };
  const named = Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
  return new SignJWT(named)
    .setProtectedHeader({ alg: "HS256", typ: "room+jwt", kid: String(own.generation), ...header })
    .sign(secret ?? own.key);
}

const statusOf = async (token: string, roomId = world.roomId): Promise<number> => {
  const response = await ask(roomId, upgrade(token, newAddress()));
  response.webSocket?.accept();
  response.webSocket?.close();
  return response.status;
};

describe("a room token", () => {
  it("opens a socket where nothing is wrong with it", async () => {
    expect(await statusOf(await forge())).toBe(101);
  });

  it("is refused where it is forged, expired, early, too long, without nbf, or for something else", async () => {
    const now = Math.floor(Date.now() / 1000);
    const strange = await importRoomSecret(newRoomSecret());
    const faults: Record<string, string> = {
      "another secret": await forge({}, {}, strange),
      "another room": await forge({ aud: other.roomId }),
      "another organization": await forge({ org: other.org.orgId }),
      "another issuer": await forge({ iss: "https://elsewhere.test" }),
      "an unknown generation": await forge({}, { kid: "99" }),
      "another type": await forge({}, { typ: "at+jwt" }),
      expired: await forge({ iat: now - 700, nbf: now - 700, exp: now - 100 }),
      "nbf of 0": await forge({ nbf: 0 }),
      "nbf and iat of 0": await forge({ iat: 0, nbf: 0 }),
      "no nbf": await forge({ nbf: undefined }),
      "longer than ten minutes": await forge({ iat: now, nbf: now, exp: now + 601 }),
      "from the future": await forge({ iat: now + 60, nbf: now + 60, exp: now + 600 }),
      "no capabilities": await forge({ caps: undefined }),
      "a key that does not exist": await forge({ key: newId("key") }),
      "an agent that does not exist": await forge({ sub: newId("agent") }),
      "of another swarm": await other.mint(0),
      "changed after it was signed": (await forge()).replace(
        /\.[^.]+\./,
        (part) =>
          `.${btoa(atob(part.slice(1, -1).replaceAll("-", "+").replaceAll("_", "/")).replace(/agt_./, "agt_Z")).replaceAll("=", "")}.`,
      ),
      garbage: "a.b.c",
    };
    const answers = Object.fromEntries(
      await Promise.all(Object.entries(faults).map(async ([name, token]) => [name, await statusOf(token)])),
    );
    expect(answers).toEqual(Object.fromEntries(Object.keys(faults).map((name) => [name, 401])));
  });

  it("of a clock that is 3 s ahead is taken, and of one that is 30 s ahead is not", async () => {
    const now = Math.floor(Date.now() / 1000);
    expect(await statusOf(await forge({ iat: now + 3, nbf: now + 3, exp: now + 300 }))).toBe(101);
    expect(await statusOf(await forge({ iat: now + 30, nbf: now + 30, exp: now + 300 }))).toBe(401);
  });

  it("opens nothing in a room whose identifier was invented, and addresses no object for it", async () => {
    const token = await forge();
    const invented = `room_${"A".repeat(33)}`;
    expect([await statusOf(token), await statusOf(token, invented)]).toEqual([101, 404]);
    const addressed = (await listDurableObjectIds(env.ROOM)).map(String);
    expect(addressed).toContain(env.ROOM.idFromName(world.roomId).toString());
    expect(addressed).not.toContain(env.ROOM.idFromName(invented).toString());
    expect(await statusOf(token, await tagId(environment(), "room", "B".repeat(22)))).toBe(404);
  });

  it("does nothing beside another credential, and an API key is none", async () => {
    const token = await forge();
    const both = { ...upgrade(token, world.org.address), authorization: `Bearer ${world.org.apiKey}` };
    expect((await ask(world.roomId, both)).status).toBe(400);
    const paid = { authorization: `Bearer ${token}`, "payment-signature": "e30=", "cf-connecting-ip": world.org.address };
    const answer = await callApi("GET", `/v1/rooms/${world.roomId}/presence`, undefined, paid);
    expect([answer.status, answer.body.code]).toEqual([400, "credential_conflict"]);
    expect((await world.call(world.org.apiKey, "GET", "/presence")).status).toBe(401);
    expect((await callApi("GET", `/v1/rooms/${world.roomId}/presence`)).status).toBe(401);
  });

  it("is not worth guessing at: refusals count against the address", async () => {
    const headers = { authorization: "Bearer a.b.c", "cf-connecting-ip": newAddress() };
    const answers = await askUntilCutOff(
      () => callApi("GET", `/v1/rooms/${world.roomId}/presence`, undefined, headers),
      ({ status }) => status === 429,
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.length).toBeGreaterThan(100);
    expect(statuses.slice(0, -1).every((status) => status === 401)).toBe(true);
    expect(statuses.at(-1)).toBe(429);
  });

  it("asks for a socket and for our protocol", async () => {
    const token = await forge();
    const plain = { authorization: `Bearer ${token}`, "cf-connecting-ip": world.org.address };
    expect((await ask(world.roomId, plain)).status).toBe(400);
    expect(
      (await ask(world.roomId, { ...upgrade(token, world.org.address), "sec-websocket-protocol": `chat, bearer.${token}` })).status,
    ).toBe(400);
    const bare = await ask(world.roomId, { ...plain, upgrade: "websocket" });
    expect([bare.status, bare.headers.get("sec-websocket-protocol")]).toEqual([101, null]);
    bare.webSocket?.accept();
    bare.webSocket?.close();
  });
});

describe("capabilities", () => {
  const member = async (caps: readonly string[]) => {
    const client = await world.connect(0, { caps });
    return { client, code: async (frame: object) => (await client.ask(frame)).code ?? "done" };
  };
  const hear = (topic: string, after?: number) => ({ type: "subscribe", topics: [topic], after });
  const say = (topic: string) => ({ type: "publish", topic, body: 1 });

  it("cover what they name, and are not widened by wildcards", async () => {
    const { client, code } = await member(["topic:publish:a.*", "topic:subscribe:a.b"]);
    expect(await code(say("a.b"))).toBe("done");
    for (const topic of ["a", "b.c", "a.b.c"]) expect(await code(say(topic)), topic).toBe("forbidden");
    expect(await code(hear("a.b"))).toBe("done");
    for (const pattern of ["**", "*", "a.*", "a.**", "*.b", "a.b.**", "a"]) expect(await code(hear(pattern)), pattern).toBe("forbidden");
    client.close();
  });

  it("let nobody without them look, publish or hear", async () => {
    const { client, code } = await member(["presence"]);
    expect(await code(say("a"))).toBe("forbidden");
    expect(await code(hear("a"))).toBe("forbidden");
    expect(await code({ type: "presence" })).toBe("done");
    client.close();
    const silent = await member(["topic:publish"]);
    expect(await silent.code({ type: "presence" })).toBe("forbidden");
    silent.client.close();
  });

  it("without `history` replay nothing from before the agent came, and with it only what may be heard", async () => {
    const room = await openWorld();
    const old = await room.connect(0);
    for (const topic of ["a", "b", "a"]) await old.ask({ type: "publish", topic, body: 1 });
    const late = await room.connect(1, { caps: ["topic:subscribe"] });
    expect(await late.ask({ type: "subscribe", topics: ["a"], after: 2 })).toMatchObject({ code: "forbidden" });
    expect(await late.ask({ type: "subscribe", topics: ["a"], after: 3 })).toMatchObject({ type: "subscribed" });
    const token = await room.mint(2, { caps: ["history", "topic:subscribe:a"] });
    const { body } = await room.call(token, "GET", "/messages");
    expect(body.messages.map(({ seq }: { seq: number }) => seq)).toEqual([1, 3]);
    expect((await room.call(await room.mint(1, { caps: ["topic:subscribe"] }), "GET", "/messages")).status).toBe(403);
    expect((await room.call(await room.mint(1, { caps: ["history"] }), "GET", "/presence")).status).toBe(403);
    expect((await room.call(await room.mint(1, { caps: ["presence"] }), "POST", "/messages", { topic: "a", body: 1 })).status).toBe(403);
  });
});
