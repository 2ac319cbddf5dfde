import { SignJWT, UnsecuredJWT } from "jose";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { importRoomSecret, mintRoomToken, newRoomSecret, readRoomToken, type RoomClaims } from "../../src/access/room-token.ts";
import { newId } from "../../src/platform/ids.ts";

const now = new Date("2026-03-01T12:00:00.400Z");
const seconds = Math.floor(now.getTime() / 1000);
const origin = "https://api.armalo.test";
const roomId = `room_${"1".repeat(33)}`;
const orgId = newId("organization");
const [secret, formerSecret, otherSwarm] = await Promise.all([newRoomSecret(), newRoomSecret(), newRoomSecret()].map(importRoomSecret));
if (secret === undefined || formerSecret === undefined || otherSwarm === undefined) throw new Error("no secret");
const context = { roomId, orgId, origin, now, secrets: new Map([[2, secret]]) };
const wanted = {
  roomId,
  orgId,
  origin,
  now,
  agentId: newId("agent"),
  keyId: newId("key"),
  generation: 2,
  caps: ["topic:publish:orders.*", "presence"],
  expiresAt: new Date((seconds + 600) * 1000),
};
const mint = async (change: Partial<typeof wanted> = {}, by: CryptoKey = secret) =>
  (await mintRoomToken(by, { ...wanted, ...change })).token;
const read = (token: string, change: Partial<typeof context> = {}) => readRoomToken({ ...context, ...change }, token);
const refused = (reason: string) => ({ ok: false, reason });

const claims = {
  iss: origin,
  aud: roomId,
  sub: wanted.agentId,
  org: orgId,
  key: wanted.keyId,
  jti: newId("roomToken"),
  caps: ["presence"],
  iat: seconds,
  nbf: seconds,
  exp: seconds + 600,
};
const header = { alg: "HS256", typ: "room+jwt", kid: "2" };
/** What an issuer that holds the secret, and errs or lies, would sign. */
const sign = (said: object, head: object = header, by: CryptoKey | Uint8Array = secret) =>
  new SignJWT({ ...said }).setProtectedHeader({ ...header, ...head }).sign(by);
const without = (name: keyof typeof claims) => Object.fromEntries(Object.entries(claims).filter(([key]) => key !== name));

describe("a room token", () => {
  it("is read back as it was minted", async () => {
    const minted = await mintRoomToken(secret, wanted);
    const expected: RoomClaims = { ...minted.claims };
    expect(await read(minted.token)).toEqual({ ok: true, claims: expected });
    expect(expected).toMatchObject({ agentId: wanted.agentId, keyId: wanted.keyId, generation: 2, caps: wanted.caps });
    expect(expected.expiresAt.getTime() - expected.issuedAt.getTime()).toBe(600_000);
  });

  it("lives ten minutes at most, and never beyond the end that its minter names", async () => {
    const lives = async (ms: number) => {
      const { claims: said } = await mintRoomToken(secret, { ...wanted, expiresAt: new Date(now.getTime() + ms) });
      return said.expiresAt.getTime() - now.getTime();
    };
    expect(await lives(86_400_000)).toBeLessThanOrEqual(600_000);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1000, max: 600_000 }), async (ms) => {
        expect(await lives(ms)).toBeLessThanOrEqual(ms);
      }),
      { numRuns: 30 },
    );
  });

  it("is refused with any one character changed", async () => {
    const token = await mint();
    await fc.assert(
      fc.asyncProperty(fc.nat(token.length - 1), fc.constantFrom("A", "z", "0", ".", "-"), async (at, letter) => {
        fc.pre(token[at] !== letter);
        // The last letter of each part holds bits that mean nothing; what decodes to the same bytes is the same token.
        fc.pre(at !== token.length - 1);
        expect((await read(`${token.slice(0, at)}${letter}${token.slice(at + 1)}`)).ok).toBe(false);
      }),
    );
  });

  it("is refused in another room, another swarm, another organization, and by another installation", async () => {
    const token = await mint();
    expect(await read(token, { roomId: `room_${"2".repeat(33)}` })).toEqual(refused("wrong_room"));
    expect(await read(token, { secrets: new Map([[2, otherSwarm]]) })).toEqual(refused("bad_signature"));
    expect(await read(token, { orgId: newId("organization") })).toEqual(refused("wrong_organization"));
    expect(await read(token, { origin: "https://other.test" })).toEqual(refused("wrong_issuer"));
  });

  it("is refused under a generation that does not verify any more, or not yet", async () => {
    const former = await mint({ generation: 1 }, formerSecret);
    expect(await read(former)).toEqual(refused("unknown_generation"));
    expect((await read(former, { secrets: new Map([[1, formerSecret], [2, secret]]) })).ok).toBe(true); // prettier-ignore
    expect(await read(await mint({ generation: 3 }))).toEqual(refused("unknown_generation"));
    expect(await read(await mint({ generation: 2 }, formerSecret), { secrets: new Map([[1, formerSecret], [2, secret]]) })).toEqual(refused("bad_signature")); // prettier-ignore
  });

  it.each(["0", "02", "2.0", " 2", "-2", "2e0", "__proto__", ""])("is refused with the generation %j", async (kid) => {
    expect(await read(await sign(claims, { kid }))).toEqual(refused("unknown_generation"));
  });

  it("is refused without a signature, with another algorithm or another type", async () => {
    expect((await read(new UnsecuredJWT(claims).encode())).ok).toBe(false);
    const bytes = newRoomSecret();
    const secrets = new Map([[2, await importRoomSecret(bytes)]]);
    expect(await read(await sign(claims, { alg: "HS512" }, new Uint8Array([...bytes, ...bytes])), { secrets })).toEqual(
      refused("wrong_type"),
    );
    for (const typ of ["JWT", "at+jwt", "ROOM+JWT", undefined])
      expect(await read(await sign(claims, { typ }))).toEqual(refused("wrong_type"));
    for (const text of ["", "a", "a.b", "a.b.c", "a.b.c.d", "..", "💣", "a".repeat(10_000)])
      expect(await read(text)).toEqual(refused("malformed"));
  });
});

describe("what a room token claims", () => {
  it.each(["iss", "aud", "sub", "org", "key", "jti", "caps", "iat", "nbf", "exp"] as const)("is refused without %s", async (name) => {
    expect((await read(await sign(claims))).ok).toBe(true);
    expect(await read(await sign(without(name)))).toEqual(refused("bad_claims"));
  });

  it.each([
    ["an agent that is none", { sub: "agt_x" }],
    ["a key that is none", { key: "" }],
    ["rooms instead of one", { aud: [roomId] }],
    ["an unknown capability", { caps: ["admin"] }],
    ["a capability of a malformed pattern", { caps: ["topic:publish:**.a"] }],
    ["a fraction of a second", { iat: seconds + 0.5, nbf: seconds + 0.5 }],
    ["a time as text", { exp: String(seconds + 600) }],
    ["nbf of 0", { nbf: 0 }],
    ["all times 0", { iat: 0, nbf: 0, exp: 600 }],
    ["an endless exp", { exp: Number.MAX_SAFE_INTEGER }],
  ])("is refused with %s", async (_, change) => {
    expect(await read(await sign({ ...claims, ...change }))).toEqual(refused("bad_claims"));
  });

  it("is refused where nbf is not iat, or it lives longer than ten minutes or not at all", async () => {
    for (const change of [{ nbf: seconds - 1 }, { nbf: 1 }, { exp: seconds + 601 }, { exp: seconds }, { exp: seconds - 1 }])
      expect(await read(await sign({ ...claims, ...change }))).toEqual(refused("lifetime"));
  });

  it("bears a clock that is five seconds ahead, and not six; and no grace behind its end", async () => {
    const from = (start: number) => sign({ ...claims, iat: start, nbf: start, exp: start + 600 });
    expect((await read(await from(seconds + 5))).ok).toBe(true);
    expect(await read(await from(seconds + 6))).toEqual(refused("not_yet_valid"));
    expect((await read(await from(seconds - 599))).ok).toBe(true);
    expect(await read(await from(seconds - 600))).toEqual(refused("expired"));
  });

  it("holds at a moment exactly where it says so", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: -1300, max: 30 }), fc.integer({ min: -20, max: 700 }), async (start, life) => {
        const iat = seconds + start;
        const answer = await read(await sign({ ...claims, iat, nbf: iat, exp: iat + life }));
        const holds = life > 0 && life <= 600 && iat <= now.getTime() / 1000 + 5 && iat + life > now.getTime() / 1000;
        expect(answer.ok).toBe(holds);
      }),
    );
  });
});
