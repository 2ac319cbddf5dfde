import { env } from "cloudflare:workers";
import { exportJWK, generateKeyPair, SignJWT, type JWK } from "jose";
import { buildApp } from "../../src/app.ts";
import { parseEnvironment, type Bindings } from "../../src/env.ts";
import { answerRequest } from "../../src/http/answer-request.ts";
import { operations } from "../../src/operations.ts";
import { toAnswer, type Answer } from "./organization.ts";

export const dashboard = "https://app.armalo.test";

export type ClerkKey = { readonly kid: string; readonly jwk: JWK; readonly signer: CryptoKey };

/** An RSA key such as Clerk signs with. */
export async function newClerkKey(kid: string = crypto.randomUUID()): Promise<ClerkKey> {
  const { privateKey, publicKey } = await generateKeyPair("RS256", { extractable: true });
  return { kid, jwk: { ...(await exportJWK(publicKey)), kid, use: "sig", alg: "RS256" }, signer: privateKey };
}

export type TestClerk = {
  readonly issuer: string;
  readonly key: ClerkKey;
  /** What its keys are from now on, or with which status they cannot be read. */
  readonly publish: (keys: readonly ClerkKey[] | number, body?: string) => Promise<void>;
  readonly timesAsked: () => Promise<number>;
  /** Signs a session token of version 2: `claims` replace those that it has, and undefined removes one. */
  readonly sign: (claims?: object, key?: ClerkKey) => Promise<string>;
  /** The claims of a good token. */
  readonly claims: (changed?: object) => Record<string, unknown>;
  /** A request to a Worker where people sign in with this Clerk. */
  readonly ask: (method: string, path: string, headers: Record<string, string>, body?: unknown) => Promise<Answer>;
};

const withoutUndefined = (claims: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));

/** An identity provider of the test's own, and a Worker that has never heard of it. */
export async function openClerk(publishes = true): Promise<TestClerk> {
  const name = crypto.randomUUID();
  const issuer = `${env.IDENTITY_URL}/${name}`;
  const key = await newClerkKey();
  const publish: TestClerk["publish"] = async (keys, body = "{}") => {
    const said =
      typeof keys === "number" ? { status: keys, body } : { status: 200, body: JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }) };
    await fetch(issuer, { method: "PUT", body: JSON.stringify(said) });
  };
  await publish(publishes ? [key] : 500);
  const settings = {
    SIGN_IN: "clerk",
    CLERK_ISSUER: issuer,
    CLERK_AUTHORIZED_PARTIES: `${dashboard},https://other.armalo.test`,
    CLERK_SECRET_KEY: "sk_test_0123456789abcdef",
    CLERK_WEBHOOK_SECRETS: `whsec_${btoa("n".repeat(24))}`,
  };
  const bindings: Bindings = { ...env, ...settings };
  const parsed = parseEnvironment(bindings);
  const claims = (changed: object = {}): Record<string, unknown> => {
    const now = Math.floor(Date.now() / 1000);
    const good = { iss: issuer, azp: dashboard, sub: "user_1", sid: "sess_1", v: 2, sts: "active", iat: now, nbf: now - 10, exp: now + 60 };
    return withoutUndefined({ ...good, ...changed });
  };
  return {
    issuer,
    key,
    publish,
    claims,
    timesAsked: async () => Number(await (await fetch(`${issuer}/asked`)).text()),
    sign: (changed, by = key) => new SignJWT(claims(changed)).setProtectedHeader({ alg: "RS256", typ: "JWT", kid: by.kid }).sign(by.signer),
    ask: async (method, path, headers, body) => {
      const pending: Promise<unknown>[] = [];
      const request = new Request(new URL(path, "https://api.armalo.test"), {
        method,
        headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const response = await answerRequest(buildApp(operations), request, parsed, (work) => pending.push(work));
      await Promise.all(pending);
      return toAnswer(response);
    },
  };
}
