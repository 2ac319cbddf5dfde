import { afterEach, describe, expect, it, vi } from "vitest";
import { IssuerKeys } from "../../src/access/issuer-keys.ts";
import { newClerkKey, openClerk } from "../support/clerk.ts";

const minute = 60_000;
const start = Date.UTC(2026, 0, 1);

async function world(publishes = true) {
  const clerk = await openClerk(publishes);
  return { ...clerk, keys: new IssuerKeys(`${clerk.issuer}/.well-known/jwks.json`) };
}

/** A request that its caller leaves is cut off where it stands: what it was about to do at the end is not done. */
const cutOff = (times: number): void => {
  const spy = vi.spyOn(globalThis, "fetch");
  for (let count = 0; count < times; count += 1) spy.mockImplementationOnce(() => new Promise<never>(() => undefined));
};

afterEach(() => void vi.restoreAllMocks());

describe("the keys of an issuer", () => {
  it("are asked for once in ten minutes", async () => {
    const { keys, key, timesAsked } = await world();
    for (const at of [0, 1, minute, 9.9 * minute]) expect(await keys.find(key.kid, start + at)).toBeInstanceOf(CryptoKey);
    expect(await timesAsked()).toBe(1);
    await keys.find(key.kid, start + 10 * minute);
    expect(await timesAsked()).toBe(2);
  });

  it("are asked for again by a name that is not there, at most once a minute", async () => {
    const { keys, key, publish, timesAsked } = await world();
    await keys.find(key.kid, start);
    for (let at = 0; at < 50; at += 1) expect(await keys.find(`invented-${at}`, start + at * 1000)).toBeUndefined();
    expect(await timesAsked()).toBe(1);
    const next = await newClerkKey();
    await publish([key, next]);
    expect(await keys.find(next.kid, start + minute)).toBeInstanceOf(CryptoKey);
    expect(await keys.find("invented", start + minute + 1)).toBeUndefined();
    expect(await timesAsked()).toBe(2);
  });

  it("that the issuer has withdrawn are taken no more once it was asked", async () => {
    const { keys, key, publish } = await world();
    await keys.find(key.kid, start);
    await publish([await newClerkKey()]);
    expect(await keys.find(key.kid, start + 9 * minute)).toBeInstanceOf(CryptoKey);
    expect(await keys.find(key.kid, start + 10 * minute)).toBeUndefined();
  });

  it("go on for an hour where the issuer cannot be asked; of a name that is not there nothing is known then", async () => {
    const { keys, key, publish, timesAsked } = await world();
    await keys.find(key.kid, start);
    await publish(500);
    for (const at of [10, 30, 59.9]) expect(await keys.find(key.kid, start + at * minute)).toBeInstanceOf(CryptoKey);
    await expect(keys.find("invented", start + 59.9 * minute)).rejects.toMatchObject({ code: "unavailable" });
    await expect(keys.find(key.kid, start + 60 * minute)).rejects.toMatchObject({ code: "unavailable" });
    const asked = await timesAsked();
    await publish([key]);
    expect(await keys.find(key.kid, start + 61 * minute)).toBeInstanceOf(CryptoKey);
    expect(await timesAsked()).toBe(asked + 1);
  });

  it("cannot be known before they were read: 503, and the issuer is asked again every five seconds at most", async () => {
    const { keys, key, publish, timesAsked } = await world(false);
    for (const at of [0, 1, 1000, 4999]) await expect(keys.find(key.kid, start + at)).rejects.toMatchObject({ code: "unavailable" });
    expect(await timesAsked()).toBe(1);
    await publish([key]);
    expect(await keys.find(key.kid, start + 5000)).toBeInstanceOf(CryptoKey);
  });

  it("are found by all who come at once when nothing is known, with a few questions", async () => {
    const { keys, key, timesAsked } = await world();
    const found = await Promise.allSettled(Array.from({ length: 40 }, () => keys.find(key.kid, start)));
    expect(found.filter(({ status }) => status === "fulfilled").length).toBeGreaterThanOrEqual(8);
    expect(await timesAsked()).toBeLessThanOrEqual(8);
    expect(await keys.find(key.kid, start)).toBeInstanceOf(CryptoKey);
  });

  it("are read in the end, however many callers left while they were asked for", async () => {
    const { keys, key } = await world();
    cutOff(8);
    for (let count = 0; count < 8; count += 1) void keys.find("invented", start);
    await expect(keys.find(key.kid, start + 1)).rejects.toMatchObject({ code: "unavailable" });
    expect(await keys.find(key.kid, start + 5000)).toBeInstanceOf(CryptoKey);
  });

  it("are asked for again a minute after a caller left while they were asked for", async () => {
    const { keys, key, publish } = await world();
    await keys.find(key.kid, start);
    cutOff(1);
    void keys.find("invented", start + minute);
    const next = await newClerkKey();
    await publish([key, next]);
    expect(await keys.find(key.kid, start + minute + 1)).toBeInstanceOf(CryptoKey);
    expect(await keys.find(next.kid, start + 2 * minute)).toBeInstanceOf(CryptoKey);
  });

  it("are RSA keys for signatures alone", async () => {
    const { keys, key, publish } = await world();
    const { jwk } = key;
    const others = [
      { kid: "secret", kty: "oct", k: "AAAA" },
      { kid: "elliptic", kty: "EC", crv: "P-256", x: "AAAA", y: "AAAA" },
      { ...jwk, kid: "encrypts", use: "enc" },
      { kid: "broken", kty: "RSA", n: "!", e: "AQAB" },
    ];
    await publish([...others.map((other) => ({ ...key, jwk: other })), key]);
    for (const { kid } of others) expect(await keys.find(kid, start), kid).toBeUndefined();
    expect(await keys.find(key.kid, start)).toBeInstanceOf(CryptoKey);
  });

  it("are not read from an answer that is none", async () => {
    const { keys, key, publish } = await world();
    await keys.find(key.kid, start);
    for (const [at, body] of ["{}", "[]", "<html>", '{"keys":"all"}'].entries()) {
      await publish(200, body);
      expect(await keys.find(key.kid, start + (10 + at) * minute), body).toBeInstanceOf(CryptoKey);
    }
  });
});
