import fc from "fast-check";
import { exportJWK, FlattenedSign, generateKeyPair, type JWK } from "jose";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { fromBase64Url, toBase64Url } from "../../../src/crypto/base64url.ts";
import { canonicalJson, type JsonValue } from "../../../src/crypto/canonical-json.ts";
import { utf8 } from "../../../src/crypto/encoding.ts";
import { judgeCardKey } from "../../../src/features/agent-cards/card-key.ts";
import { judgeSignatures, type PinnedKey } from "../../../src/features/agent-cards/card-signature.ts";
import type { JsonObject } from "../../../src/expressions/json.ts";

const card = {
  name: "Echo",
  description: "",
  supportedInterfaces: [{ url: "https://a.example.com/", protocolBinding: "JSONRPC", protocolVersion: "1.0", tenant: "" }],
  capabilities: { streaming: false, extensions: [] },
  skills: [{ id: "s", name: "S", description: "", tags: [], examples: [] }],
} satisfies JsonObject;
/** As the specification's rules have it: what is required stays, what has its default goes. */
const bySpecification = {
  name: "Echo",
  description: "",
  supportedInterfaces: [{ url: "https://a.example.com/", protocolBinding: "JSONRPC", protocolVersion: "1.0" }],
  capabilities: { streaming: false },
  skills: [{ id: "s", name: "S", description: "", tags: [] }],
} satisfies JsonObject;
/** As the official SDKs do. */
const bySdk = {
  name: "Echo",
  supportedInterfaces: [{ url: "https://a.example.com/", protocolBinding: "JSONRPC", protocolVersion: "1.0" }],
  capabilities: { streaming: false },
  skills: [{ id: "s", name: "S" }],
} satisfies JsonObject;

type Signer = { readonly pinned: PinnedKey; readonly privateKey: CryptoKey; readonly jwk: JWK };
async function newSigner(alg: "EdDSA" | "ES256" | "RS256", kid = "key-1"): Promise<Signer> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = await exportJWK(publicKey);
  const verdict = await judgeCardKey({ ...jwk });
  if (!verdict.ok) throw new Error(verdict.message);
  return { pinned: { id: `crk_${alg}_${kid}`, kid, algorithm: verdict.algorithm, jwk: verdict.jwk }, privateKey, jwk };
}

type Header = Record<string, unknown> & { alg: string };
async function sign({ privateKey, pinned }: Signer, payload: JsonValue, over: Partial<Header> = {}) {
  const header = { alg: pinned.algorithm, kid: pinned.kid, typ: "JOSE", ...over };
  const { protected: head = "", signature } = await new FlattenedSign(utf8(canonicalJson(payload)))
    .setProtectedHeader(header)
    .sign(privateKey);
  return { protected: head, signature };
}
const encode = (value: unknown): string => toBase64Url(utf8(JSON.stringify(value)));
const signed = (...signatures: JsonValue[]): JsonObject => ({ ...card, signatures });
const isInvalid = (fault: string) => ({ outcome: "signature_invalid", fault });

let signers: Record<"EdDSA" | "ES256" | "RS256", Signer>;
let signer: Signer;
beforeAll(async () => {
  const [ed, es, rs] = await Promise.all([newSigner("EdDSA"), newSigner("ES256"), newSigner("RS256")]);
  signers = { EdDSA: ed, ES256: es, RS256: rs };
  signer = es;
});

describe("the signature of an agent card", () => {
  it.each(["EdDSA", "ES256", "RS256"] as const)("verifies with a pinned key for %s", async (alg) => {
    const { pinned } = signers[alg];
    const verdict = await judgeSignatures(signed(await sign(signers[alg], card)), [pinned]);
    expect(verdict).toEqual({ outcome: "verified", keyId: pinned.id, card });
  });

  it.each([
    ["as it was served", card],
    ["by the specification's rules", bySpecification],
    ["as the official SDKs do", bySdk],
  ])("may be over the card %s, and nothing else of it is used", async (_, form) => {
    const verdict = await judgeSignatures(signed(await sign(signer, form)), [signer.pinned]);
    expect(verdict).toEqual({ outcome: "verified", keyId: signer.pinned.id, card: form });
  });

  it.each(["valueOf", "constructor", "__proto__", "toString"])(
    "is over a card with a member called %s like over any other",
    async (name) => {
      const odd: JsonObject = JSON.parse(JSON.stringify(card).replace("{", `{"${name}":[{"a":""}],`));
      const verdict = await judgeSignatures({ ...odd, signatures: [await sign(signer, odd)] }, [signer.pinned]);
      expect(verdict).toEqual({ outcome: "verified", keyId: signer.pinned.id, card: odd });
    },
  );

  it("is absent, or by an unknown key, where nothing can be told", async () => {
    for (const signatures of [undefined, null, []])
      expect(await judgeSignatures({ ...card, ...(signatures !== undefined && { signatures }) }, [signer.pinned])).toMatchObject({
        outcome: "unsigned",
      });
    const other = await newSigner("ES256", "other");
    expect(await judgeSignatures(signed(await sign(other, card)), [signer.pinned])).toMatchObject({ outcome: "signed_by_unknown_key" });
    expect(await judgeSignatures(signed(await sign(signer, card)), [])).toMatchObject({ outcome: "signed_by_unknown_key" });
  });

  it("is chosen a key by its kid, among all that have it, and never by what else the header says", async () => {
    const other = await newSigner("ES256");
    const fetched = vi.spyOn(globalThis, "fetch");
    const claims = { jku: "https://mallory.example.com/jwks.json", jwk: other.jwk, x5u: "https://mallory.example.com/x5u" };
    const own = signed(await sign(other, card, claims));
    expect(await judgeSignatures(own, [signer.pinned])).toEqual(isInvalid("not_signed_by_pinned_key"));
    expect(await judgeSignatures(own, [signer.pinned, other.pinned])).toMatchObject({ outcome: "verified" });
    expect(fetched).not.toHaveBeenCalled();
    fetched.mockRestore();
  });

  it("spoils the card where one by a pinned key is bad, whatever the others are; unknown ones do not matter", async () => {
    const other = await newSigner("EdDSA", "other");
    const good = await sign(signer, card);
    const bad = await sign(signer, { ...card, name: "Other" });
    const unknown = await sign(other, card);
    expect(await judgeSignatures(signed(unknown, good), [signer.pinned])).toMatchObject({ outcome: "verified" });
    expect(await judgeSignatures(signed(good, bad), [signer.pinned])).toEqual(isInvalid("not_signed_by_pinned_key"));
    expect(await judgeSignatures(signed(bad, good), [signer.pinned])).toEqual(isInvalid("not_signed_by_pinned_key"));
  });

  it.each(["none", "None", "HS256", "HS512", "hs256"])("is refused with %s, by whomever", async (alg) => {
    for (const kid of [signer.pinned.kid, "unknown"]) {
      const forged = { protected: encode({ alg, kid }), signature: "" };
      expect(await judgeSignatures(signed(forged), [signer.pinned])).toEqual(isInvalid("algorithm_refused"));
    }
  });

  it("counts only with the algorithm that the key is for", async () => {
    const { protected: head, signature } = await sign(signers.RS256, card);
    const header = JSON.parse(new TextDecoder().decode(fromBase64Url(head)));
    for (const alg of ["ES256", "EdDSA", "PS256", "RS384", "ES384", "rs256"]) {
      const forged = { protected: encode({ ...header, alg }), signature };
      expect(await judgeSignatures(signed(forged), [signers.RS256.pinned]), alg).toEqual(isInvalid("not_signed_by_pinned_key"));
    }
    const wrongKey = { ...signers.ES256.pinned, kid: header.kid };
    expect(await judgeSignatures(signed({ protected: head, signature }), [wrongKey])).toEqual(isInvalid("not_signed_by_pinned_key"));
  });

  it("is refused with critical or unencoded headers, even where it holds", async () => {
    const header = { alg: "ES256", kid: "key-1", crit: ["exp"], exp: 1 };
    const input = utf8(`${encode(header)}.${toBase64Url(utf8(canonicalJson(card)))}`);
    const raw = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, signer.privateKey, input);
    const critical = { protected: encode(header), signature: toBase64Url(new Uint8Array(raw)) };
    expect(await judgeSignatures(signed(critical), [signer.pinned])).toEqual(isInvalid("critical_header"));
    const unencoded = { ...critical, protected: encode({ alg: "ES256", kid: "key-1", b64: false }) };
    expect(await judgeSignatures(signed(unencoded), [signer.pinned])).toEqual(isInvalid("critical_header"));
  });

  it("does not look at the unprotected header", async () => {
    const good = await sign(signer, card);
    const header = { alg: "none", kid: "other", crit: ["x"] };
    expect(await judgeSignatures(signed({ ...good, header }), [signer.pinned])).toMatchObject({ outcome: "verified" });
  });

  it.each<[string, JsonValue]>([
    ["no list", "signed"],
    ["no object", ["signed"]],
    ["no signature", [{ protected: "e30" }]],
    ["too many", Array.from({ length: 9 }, () => ({ protected: encode({ alg: "ES256", kid: "x" }), signature: "AA" }))],
  ])("is malformed where it is %s", async (_, signatures) => {
    expect(await judgeSignatures({ ...card, signatures }, [signer.pinned])).toEqual(isInvalid("malformed_signatures"));
  });

  it.each(["", "%%", "e30", encode({ alg: "ES256" }), encode({ kid: "key-1" }), encode([]), encode({ alg: "ES256", kid: "" })])(
    "is malformed with the header %j",
    async (head) => {
      expect(await judgeSignatures(signed({ protected: head, signature: "AA" }), [signer.pinned])).toEqual(isInvalid("malformed_header"));
    },
  );

  it("does not survive any flipped bit of itself", async () => {
    const good = await sign(signer, card);
    const bytes = fromBase64Url(good.signature) ?? new Uint8Array();
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length * 8 - 1), async (bit) => {
        const flipped = Uint8Array.from(bytes, (byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
        const verdict = await judgeSignatures(signed({ ...good, signature: toBase64Url(flipped) }), [signer.pinned]);
        expect(verdict.outcome).toBe("signature_invalid");
      }),
    );
    const last = good.signature.at(-1) ?? "";
    const twin = good.signature.slice(0, -1) + String.fromCharCode(last.charCodeAt(0) + 1);
    expect((await judgeSignatures(signed({ ...good, signature: twin }), [signer.pinned])).outcome).toBe("signature_invalid");
  });

  it("does not survive any change of what it is over, and lends itself to nothing that is added", async () => {
    const good = await sign(signer, bySpecification);
    const name = fc
      .string({ minLength: 1, maxLength: 12, unit: "grapheme-ascii" })
      .filter((one) => one !== "signatures" && one !== "__proto__");
    await fc.assert(
      fc.asyncProperty(name, fc.jsonValue(), async (member, value) => {
        const changed: JsonObject = { ...bySpecification, [member]: value, signatures: [good] };
        const verdict = await judgeSignatures(changed, [signer.pinned]);
        if (verdict.outcome === "verified") expect(verdict.card).toEqual(bySpecification);
        else expect(verdict.outcome).toBe("signature_invalid");
      }),
    );
  });
});

describe("a key that is pinned", () => {
  it("is a public key for signatures of a kind that can be checked, and keeps nothing else of the JWK", async () => {
    const { x } = signers.EdDSA.jwk;
    const given = { ...signers.EdDSA.jwk, kid: "a", use: "sig", alg: "EdDSA", x5c: ["x"] };
    expect(await judgeCardKey(given)).toMatchObject({ ok: true, algorithm: "EdDSA", jwk: { kty: "OKP", crv: "Ed25519", x } });
    const verdict = await judgeCardKey(given);
    expect(verdict.ok && Object.keys(verdict.jwk).toSorted()).toEqual(["crv", "kty", "x"]);
  });

  it("is no private, secret, weak or other key", async () => {
    const { privateKey } = await generateKeyPair("ES256", { extractable: true });
    const small = await crypto.subtle.generateKey(
      { name: "RSASSA-PKCS1-v1_5", modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" },
      true,
      ["sign", "verify"],
    );
    if (!("publicKey" in small)) throw new Error("no pair");
    const { ES256, RS256, EdDSA } = signers;
    const bad: Record<string, Record<string, unknown>> = {
      private: { ...(await exportJWK(privateKey)) },
      secret: { kty: "oct", k: "c2VjcmV0" },
      "RSA of 1,024 bits": { ...(await exportJWK(small.publicKey)) },
      "RSA of few bits, written long": { ...RS256.jwk, n: `${"A".repeat(172)}${RS256.jwk.n?.slice(172)}` },
      "RSA with exponent 1": { ...RS256.jwk, e: "AQ" },
      "RSA with exponent 3": { ...RS256.jwk, e: "Aw" },
      "off the curve": { ...ES256.jwk, y: ES256.jwk.x },
      "another curve": { ...ES256.jwk, crv: "P-384" },
      "of small order": { kty: "OKP", crv: "Ed25519", x: `AQ${"A".repeat(41)}` },
      "for encryption": { ...ES256.jwk, use: "enc" },
      "for another algorithm": { ...RS256.jwk, alg: "PS256" },
      "for a MAC": { ...EdDSA.jwk, alg: "HS256" },
      empty: {},
    };
    for (const [name, jwk] of Object.entries(bad)) expect((await judgeCardKey(jwk)).ok, name).toBe(false);
  });
});
