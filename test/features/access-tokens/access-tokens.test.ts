import { env, exports } from "cloudflare:workers";
import { exportJWK, generateKeyPair, importJWK, jwtVerify, SignJWT, type JWTPayload } from "jose";
import { describe, expect, it } from "vitest";
import { parseEnvironment } from "../../../src/env.ts";
import { idPattern } from "../../../src/platform/ids.ts";
import { callApi, createOrganization, type TestOrganization } from "../../support/organization.ts";

const as = (org: TestOrganization, token: string) =>
  callApi("GET", "/v1/keys", undefined, { authorization: `Bearer ${token}`, "cf-connecting-ip": org.address });

function settings() {
  const parsed = parseEnvironment(env);
  if (!parsed.ok) throw new Error("the tests' environment is not whole");
  return parsed.env;
}

async function issued() {
  const org = await createOrganization();
  const made = await org.call("POST", "/v1/access-tokens", { scopes: ["keys:read"] });
  expect(made.status).toBe(201);
  const token: string = made.body.accessToken;
  const [head = "", body = ""] = token.split(".");
  const decode = (part: string) => JSON.parse(atob(part.replaceAll("-", "+").replaceAll("_", "/")));
  return { org, token, header: decode(head), claims: decode(body) as JWTPayload };
}

describe("access tokens", () => {
  it("stand for their key with some of its scopes, and verify against the published keys", async () => {
    const { org, token, claims } = await issued();
    expect(claims.jti).toMatch(idPattern("accessToken"));
    expect((await as(org, token)).status).toBe(200);
    const denied = await callApi("GET", "/v1/audit-events", undefined, {
      authorization: `Bearer ${token}`,
      "cf-connecting-ip": org.address,
    });
    expect(denied.status).toBe(403);
    const { keys } = await (
      await exports.default.fetch("https://api.armalo.test/.well-known/jwks.json")
    ).json<{ keys: Record<string, string>[] }>();
    const { protectedHeader } = await jwtVerify(token, await importJWK(keys[0] ?? {}, "EdDSA"), { typ: "at+jwt" });
    expect(protectedHeader.kid).toBe(keys[0]?.kid);
    expect(JSON.stringify(keys)).not.toContain('"d"');
  });

  it("mint neither keys nor tokens, and never more than their key", async () => {
    const org = await createOrganization({ scopes: ["keys:read", "keys:write", "tokens:issue"] });
    const { body } = await org.call("POST", "/v1/access-tokens", {});
    const call = (path: string, content: object) =>
      callApi("POST", path, content, { authorization: `Bearer ${body.accessToken}`, "cf-connecting-ip": org.address });
    expect((await call("/v1/keys", { name: "x", scopes: ["keys:read"] })).status).toBe(403);
    expect((await call("/v1/access-tokens", {})).status).toBe(403);
    expect((await org.call("POST", "/v1/access-tokens", { scopes: ["audit:read"] })).status).toBe(403);
  });

  it("are refused unsigned, signed by others, of another type, for another audience or out of time", async () => {
    const { org, token, header, claims } = await issued();
    const [own] = settings().accessTokenKeys;
    const ownKey = await importJWK({ ...own }, "EdDSA");
    const stranger = await generateKeyPair("EdDSA");
    const sign = (change: { header?: object; claims?: JWTPayload; key?: CryptoKey | Uint8Array } = {}) =>
      new SignJWT({ ...claims, ...change.claims }).setProtectedHeader({ ...header, ...change.header }).sign(change.key ?? ownKey);
    expect((await as(org, await sign())).status).toBe(200);

    const encode = (value: object) => btoa(JSON.stringify(value)).replaceAll("=", "").replaceAll("+", "-").replaceAll("/", "_");
    const hmac = new TextEncoder().encode(own?.x ?? "");
    const bad = [
      `${encode({ ...header, alg: "none" })}.${encode(claims)}.`,
      await sign({ key: stranger.privateKey }),
      await sign({ header: { kid: "unknown" } }),
      await sign({ header: { typ: "JWT" } }),
      await sign({ header: { typ: "room+jwt" } }),
      await new SignJWT(claims).setProtectedHeader({ ...header, alg: "HS256" }).sign(hmac),
      await sign({ claims: { aud: "https://other.example" } }),
      await sign({ claims: { iss: "https://other.example" } }),
      await sign({ claims: { exp: Math.floor(Date.now() / 1000) - 1 } }),
      await sign({ claims: { nbf: Math.floor(Date.now() / 1000) + 60 } }),
      `${token.slice(0, -4)}AAAA`,
      await sign({ header: { jwk: await exportJWK(stranger.publicKey) }, key: stranger.privateKey }),
    ];
    for (const forged of bad) expect((await as(org, forged)).status).toBe(401);
  });
});
