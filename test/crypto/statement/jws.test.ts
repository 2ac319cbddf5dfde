import { compactVerify, importJWK } from "jose";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { importPublicKey } from "../../../src/crypto/ed25519.ts";
import { fromBase64Url, toBase64Url } from "../../../src/crypto/base64url.ts";
import { utf8 } from "../../../src/crypto/encoding.ts";
import type { Signer } from "../../../src/crypto/signer.ts";
import { isSignedBy, jwsTypes, readJws, signBytes, signJson } from "../../../src/crypto/statement/jws.ts";
import { newSigner } from "./signing.ts";

let signer: Signer;
let publicKey: CryptoKey;
beforeAll(async () => {
  signer = await newSigner();
  publicKey = (await importPublicKey(signer.x)) ?? expect.fail("not a key");
});

async function verdict(compact: string): Promise<string> {
  const read = readJws(compact, jwsTypes.statement);
  if (!read.ok) return read.fault;
  return (await isSignedBy(read.jws, publicKey)) ? "signed" : "badly_signed";
}

/** A compact JWS with any header, rightly signed. */
async function withHeader(header: object, payload = "{}"): Promise<string> {
  const input = `${toBase64Url(utf8(JSON.stringify(header)))}.${toBase64Url(utf8(payload))}`;
  return `${input}.${toBase64Url(await signer.sign(utf8(input)))}`;
}

describe("compact JWS", () => {
  it("is verified by another library", async () => {
    const compact = await signJson(signer, jwsTypes.statement, { b: 1, a: "ž" });
    const key = await importJWK({ kty: "OKP", crv: "Ed25519", x: signer.x }, "EdDSA");
    const { payload, protectedHeader } = await compactVerify(compact, key);
    expect(new TextDecoder().decode(payload)).toBe('{"a":"ž","b":1}');
    expect(protectedHeader).toEqual({ alg: "EdDSA", kid: signer.kid, typ: "armalo-statement+jws" });
    expect(await verdict(compact)).toBe("signed");
  });

  it("is refused with any single bit of any of its characters flipped", async () => {
    const compact = await signJson(signer, jwsTypes.statement, { amount: 10, to: "agent" });
    const bytes = utf8(compact);
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = Uint8Array.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(await verdict(new TextDecoder().decode(changed)), `bit ${bit}`).not.toBe("signed");
    }
  });

  it("is refused where its last characters differ in bits that decode to nothing", async () => {
    const compact = await signJson(signer, jwsTypes.statement, { a: 1 });
    const last = compact.at(-1) ?? "";
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const twin = alphabet.charAt(alphabet.indexOf(last) ^ 1);
    expect(await verdict(compact.slice(0, -1) + twin)).toBe("malformed");
  });

  it("is of one kind, by one family of algorithms, with a header that we would have written", async () => {
    const good = { alg: "EdDSA", kid: signer.kid, typ: jwsTypes.statement };
    expect(await verdict(await withHeader(good))).toBe("signed");
    expect(await verdict(await withHeader({ ...good, alg: "Ed25519" }))).toBe("signed");
    expect(await verdict(await withHeader({ ...good, typ: jwsTypes.intent }))).toBe("wrong_type");
    expect(await verdict(await withHeader({ ...good, typ: "at+jwt" }))).toBe("wrong_type");
    expect(await verdict(await withHeader({ ...good, alg: "none" }))).toBe("wrong_algorithm");
    expect(await verdict(await withHeader({ ...good, alg: "HS256" }))).toBe("wrong_algorithm");
    for (const extra of [{ crit: ["b64"], b64: false }, { jwk: { kty: "OKP", crv: "Ed25519", x: signer.x } }, { jku: "https://evil.test" }])
      expect(await verdict(await withHeader({ ...good, ...extra })), JSON.stringify(extra)).toBe("malformed");
  });

  it("is refused where its payload is not the one canonical text of its value", async () => {
    const header = { alg: "EdDSA", kid: signer.kid, typ: jwsTypes.statement };
    for (const payload of ['{"b":1,"a":2}', '{"a":1,"a":2}', '{"a": 1}', '{"a":1.0}'])
      expect(await verdict(await withHeader(header, payload)), payload).toBe("not_canonical");
    for (const payload of ["not json", '\uFEFF{"a":1}'])
      expect(await verdict(await withHeader(header, payload)), payload).toBe("malformed");
    const loose = readJws(await withHeader(header, '{"b":1,"a":2}'), jwsTypes.statement, "any");
    expect(loose.ok && (await isSignedBy(loose.jws, publicKey))).toBe(true);
  });

  it("answers whatever text it is given", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string(),
          fc.array(fc.base64String(), { maxLength: 4 }).map((parts) => parts.join(".")),
        ),
        async (text) => {
          expect(await verdict(text)).not.toBe("signed");
        },
      ),
    );
  });

  it("does not hold for another key", async () => {
    const read = readJws(await signBytes(signer, jwsTypes.statement, utf8("{}")), jwsTypes.statement);
    const other = await importPublicKey((await newSigner()).x);
    expect(read.ok && other !== undefined && (await isSignedBy(read.jws, other))).toBe(false);
  });
});

describe("base64url", () => {
  it("reads back what it wrote, and nothing else", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect([...(fromBase64Url(toBase64Url(bytes)) ?? [])]).toEqual([...bytes]);
      }),
    );
    for (const odd of ["A", "AB=", "A+", "A/", "A A", "AB"]) expect(fromBase64Url(odd), odd).toBeUndefined();
  });
});

describe("public keys", () => {
  it("are refused where a signature of theirs could be made to fit anything", async () => {
    const point = new Uint8Array(32);
    point[0] = 1;
    expect(await importPublicKey(toBase64Url(point))).toBeUndefined();
    expect(await importPublicKey(toBase64Url(new Uint8Array(32)))).toBeUndefined();
    point[31] = 0x80;
    expect(await importPublicKey(toBase64Url(point))).toBeUndefined();
    expect(await importPublicKey("short")).toBeUndefined();
  });
});
