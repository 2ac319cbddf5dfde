import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { authorizationDigest } from "../../src/payments/transfer-authorization.ts";
import { newWallet, offered, payloadOf, read, seconds, toHeader, type Wish } from "./world.ts";

const wallet = newWallet();
const [requirements] = offered();
if (requirements === undefined) throw new Error("nothing is offered");
const headerOf = (wish: Wish = {}): string => toHeader(payloadOf(wallet, requirements, wish));
const reasonOf = async (wish: Wish): Promise<unknown> => {
  const answer = await read(headerOf(wish));
  return answer.ok ? "ok" : answer.reason;
};

describe("a payment header", () => {
  it("is read where its payer signed what was offered, in whatever case the addresses are", async () => {
    const upper = { ...requirements, asset: requirements.asset.toUpperCase().replace("0X", "0x"), payTo: requirements.payTo.toLowerCase() };
    for (const accepted of [requirements, upper]) {
      const answer = await read(headerOf({ accepted, identifier: "order-2026-11-22-000001", resource: "https://api.armalo.test/x" }));
      expect(answer).toMatchObject({
        ok: true,
        payment: {
          network: requirements.network,
          asset: requirements.asset.toLowerCase(),
          payer: wallet.address,
          payTo: requirements.payTo.toLowerCase(),
          amount: "1000",
          identifier: "order-2026-11-22-000001",
          resource: "https://api.armalo.test/x",
          requirements,
        },
      });
    }
  });

  it("says what is wrong: another network, asset, amount, receiver, scheme or time, or terms that were never offered", async () => {
    const accepted = (change: object) => ({ accepted: { ...requirements, ...change } });
    const other = `0x${"1".repeat(40)}` as const;
    expect(await reasonOf(accepted({ network: "eip155:1" }))).toBe("no_match");
    expect(await reasonOf(accepted({ asset: other }))).toBe("no_match");
    expect(await reasonOf(accepted({ amount: "1" }))).toBe("no_match");
    expect(await reasonOf(accepted({ payTo: other }))).toBe("no_match");
    expect(await reasonOf(accepted({ maxTimeoutSeconds: 1_000_000 }))).toBe("no_match");
    expect(await reasonOf(accepted({ extra: { name: "USD", version: "2" } }))).toBe("no_match");
    expect(await reasonOf(accepted({ more: "\uD800" }))).toBe("no_match");
    expect(await reasonOf(accepted({ scheme: "upto" }))).toBe("malformed");
    expect(await reasonOf({ authorization: { to: other } })).toBe("no_match");
    expect(await reasonOf({ authorization: { value: "999" } })).toBe("no_match");
    expect(await reasonOf({ authorization: { value: "01000" } })).toBe("malformed");
    expect(await reasonOf({ authorization: { validAfter: seconds(), validBefore: seconds() } })).toBe("no_match");
    expect(await reasonOf({ identifier: "short" })).toBe("malformed");
  });

  it("is refused where somebody else signed it, for another chain, token or payer", async () => {
    expect(await reasonOf({ authorization: { from: newWallet().address } })).toBe("bad_signature");
    expect(await reasonOf({ domain: { chainId: 1 } })).toBe("bad_signature");
    expect(await reasonOf({ domain: { name: "USD Coin" } })).toBe("bad_signature");
    expect(await reasonOf({ domain: { version: "1" } })).toBe("bad_signature");
    expect(await reasonOf({ domain: { verifyingContract: `0x${"1".repeat(40)}` } })).toBe("bad_signature");
    expect(await reasonOf({ signature: `0x${"00".repeat(65)}` })).toBe("bad_signature");
    expect(await reasonOf({ signature: `0x${"ff".repeat(65)}` })).toBe("bad_signature");
    // A contract's signature, of a length of its own.
    expect(await reasonOf({ signature: `0x${"ab".repeat(96)}` })).toBe("bad_signature");
  });

  it("is refused with the other form of its signature: s beyond half the order, or v of 0 and 1", async () => {
    const { payload } = payloadOf(wallet, requirements);
    const { signature, authorization } = payload;
    const wish = { authorization: { ...authorization, validAfter: 0, validBefore: Number(authorization.validBefore) } };
    expect(await reasonOf({ ...wish, signature })).toBe("ok");
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const high = (order - BigInt(`0x${signature.slice(66, 130)}`)).toString(16).padStart(64, "0");
    const v = Number.parseInt(signature.slice(130), 16);
    const flipped = (55 - v).toString(16);
    expect(await reasonOf({ ...wish, signature: `0x${signature.slice(2, 66)}${high}${flipped}` })).toBe("bad_signature");
    expect(await reasonOf({ ...wish, signature: `0x${signature.slice(2, 130)}${(v - 27).toString(16).padStart(2, "0")}` })).toBe(
      "bad_signature",
    );
    expect(await reasonOf({ ...wish, signature: `0x${signature.slice(2, 130)}${flipped}` })).toBe("bad_signature");
  });

  it("is malformed where it holds another kind of payment too, which a facilitator would take instead", async () => {
    const { payload, ...rest } = payloadOf(newWallet(), requirements);
    expect(await read(toHeader({ ...rest, payload }))).toMatchObject({ ok: true });
    const both = { ...payload, permit2Authorization: { from: newWallet().address } };
    expect(await read(toHeader({ ...rest, payload: both }))).toMatchObject({ ok: false, reason: "malformed" });
  });

  it("is malformed where it is no base64 of JSON of that form, whatever it is, and never an error", async () => {
    const good = headerOf();
    for (const header of ["", "x", "e30=", "bnVsbA==", `${good}=`, good.slice(0, -4), toHeader({ x402Version: 1 }), "A".repeat(20_000)])
      expect(await read(header)).toMatchObject({ ok: false, reason: "malformed" });
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => toHeader(text)),
          fc.jsonValue().map(toHeader),
        ),
        async (header) => {
          expect(await read(header)).toMatchObject({ ok: false, reason: "malformed" });
        },
      ),
    );
  });

  it("holds no payment any more where anything that is signed is changed", async () => {
    const { payload, ...rest } = payloadOf(wallet, requirements);
    const changes = [{ validBefore: String(seconds() + 301) }, { validAfter: "1" }, { nonce: `0x${"0".repeat(64)}` }];
    for (const change of changes) {
      const header = toHeader({ ...rest, payload: { ...payload, authorization: { ...payload.authorization, ...change } } });
      expect(await read(header)).toMatchObject({ ok: false, reason: "bad_signature" });
    }
  });
});

describe("the digest of an authorization", () => {
  it("is another one for every other authorization", () => {
    const domain = { name: "USDC", version: "2", chainId: 84_532, verifyingContract: requirements.asset };
    const address = fc
      .uint8Array({ minLength: 20, maxLength: 20 })
      .map((bytes) => `0x${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}` as const);
    const authorization = fc.record({
      from: address,
      to: address,
      value: fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }).map(String),
      validAfter: fc.nat(),
      validBefore: fc.nat(),
      nonce: fc.constant(`0x${"ab".repeat(32)}` as const),
    });
    fc.assert(
      fc.property(authorization, authorization, (one, other) => {
        const equal = authorizationDigest(domain, one).join() === authorizationDigest(domain, other).join();
        expect(equal).toBe(JSON.stringify(one) === JSON.stringify(other));
      }),
    );
  });
});
