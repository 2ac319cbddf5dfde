import { env } from "cloudflare:workers";
import { verifyToken } from "@clerk/backend";
import { signedInAuthObject } from "@clerk/backend/internal";
import { SignJWT, exportSPKI, importJWK, base64url } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { problems } from "../../src/http/problem.ts";
import { askForMember, failDatabase, linkProvider, ownerSees, roundTrips } from "../support/harness.ts";
import { dashboard, newClerkKey, openClerk, type TestClerk } from "../support/clerk.ts";
import { createOrganization, type TestOrganization } from "../support/organization.ts";

const random = (prefix: string): string => `${prefix}_${crypto.randomUUID().replaceAll("-", "")}`;
const text = (value: unknown): string => base64url.encode(JSON.stringify(value));

/** An organization that Clerk knows, and somebody in it. */
async function world(role = "owner") {
  const [org, clerk] = await Promise.all([createOrganization(), openClerk()]);
  const [clerkOrg, user] = [random("org"), random("user")];
  await linkProvider(org.orgId, "clerk", clerkOrg);
  const { memberId } = await askForMember({ orgId: org.orgId, role, externalId: user });
  const good = { sub: user, sid: random("sess"), o: { id: clerkOrg, rol: "owner", slg: "acme" } };
  const sign: TestClerk["sign"] = (claims, key) => clerk.sign({ ...good, ...claims }, key);
  const address = { "cf-connecting-ip": org.address };
  return {
    ...{ org, clerk, clerkOrg, user, memberId, good, sign },
    claims: (changed?: object) => clerk.claims({ ...good, ...changed }),
    asBearer: (token: string, method = "GET", path = "/v1/keys", body?: unknown, headers: Record<string, string> = {}) =>
      clerk.ask(method, path, { ...address, authorization: `Bearer ${token}`, ...headers }, body),
    asCookie: (token: string, method = "GET", path = "/v1/keys", body?: unknown, headers: Record<string, string> = {}) =>
      clerk.ask(method, path, { ...address, cookie: `theme=dark; __session=${token}`, ...headers }, body),
  };
}
type World = Awaited<ReturnType<typeof world>>;

const newKey = { name: "made by a person", scopes: ["keys:read"] };

describe("a session of the identity provider", () => {
  it("is let in from its cookie and as a bearer credential, with claims of version 2 and of version 1", async () => {
    const { org, clerkOrg, sign, asBearer, asCookie } = await world();
    const one = await sign({ v: undefined, o: undefined, sts: undefined, org_id: clerkOrg, org_role: "org:admin", org_slug: "acme" });
    for (const token of [await sign(), one]) {
      expect((await asBearer(token)).body.items).toMatchObject([{ id: org.keyId }]);
      expect((await asCookie(token)).body.items).toMatchObject([{ id: org.keyId }]);
    }
  });

  it("asks the provider once and the database for nothing, once it is known", async () => {
    const { org, clerk, sign, asBearer } = await world();
    const cold = await asBearer(await sign());
    expect(cold.headers.get("server-timing")).toContain('desc="2 round trips"');
    const warm = await asBearer(await sign());
    expect(warm.headers.get("server-timing")).toContain('desc="1 round trips"');
    expect(await roundTrips(warm.requestId)).toBe(1);
    expect(await clerk.timesAsked()).toBe(1);
    await failDatabase(org.orgId, "down");
    // Nothing is read for an input that is refused, so that only the credential could need the database.
    const checked = await asBearer(await sign(), "POST", "/v1/keys", {});
    expect([checked.status, checked.body.code]).toEqual([400, "invalid_request"]);
    await failDatabase(org.orgId, "none");
  });

  it("acts as the member: in the log, and in what it makes", async () => {
    const { org, memberId, sign, asBearer } = await world();
    const made = await asBearer(await sign(), "POST", "/v1/keys", newKey);
    expect([made.status, made.body.createdBy]).toEqual([201, `member:${memberId}`]);
    const [event] = await ownerSees("select actor from audit_events where org_id = $1 and resource = $2", org.orgId, made.body.id);
    expect(event?.actor).toBe(`member:${memberId}`);
  });

  it("is worth the lesser of the provider's role and ours", async () => {
    const [owner, viewer] = await Promise.all([world("owner"), world("viewer")]);
    const statusOf = async ({ clerkOrg, sign, asBearer }: World, rol: string): Promise<number> =>
      (await asBearer(await sign({ o: { id: clerkOrg, rol } }), "POST", "/v1/keys", newKey)).status;
    for (const rol of ["owner", "org:owner", "admin", "org:admin"]) expect([rol, await statusOf(owner, rol)]).toEqual([rol, 201]);
    for (const rol of ["operator", "viewer", "member", "org:member", "basic_member", "org:viewer"])
      expect([rol, await statusOf(owner, rol)]).toEqual([rol, 403]);
    expect(await statusOf(viewer, "owner")).toBe(403);
    expect((await viewer.asBearer(await viewer.sign())).status).toBe(200);
    const unknown = await owner.asBearer(await owner.sign({ o: { id: owner.clerkOrg, rol: "superuser" } }));
    expect([unknown.status, unknown.body.code]).toEqual([403, "forbidden"]);
  });

  it("lets an operator change agents, and not keys", async () => {
    const { sign, asBearer } = await world("operator");
    expect((await asBearer(await sign(), "POST", "/v1/agents", { externalId: "a", name: "A" })).status).toBe(201);
    expect((await asBearer(await sign(), "POST", "/v1/keys", newKey)).status).toBe(403);
  });

  it("is told where it names no organization, or one that nobody linked", async () => {
    const { sign, asBearer } = await world();
    for (const o of [undefined, { id: random("org"), rol: "owner" }]) {
      const answer = await asBearer(await sign({ o }));
      expect([answer.status, answer.body.code]).toEqual([403, "organization_needed"]);
    }
  });

  it("of somebody who is no member here, or only invited, is refused", async () => {
    const { org, sign, asBearer } = await world();
    const stranger = await asBearer(await sign({ sub: random("user") }));
    expect([stranger.status, stranger.body.code]).toEqual([401, "unauthenticated"]);
    const invited = random("user");
    const { memberId } = await askForMember({ orgId: org.orgId, role: "owner", externalId: invited, status: "invited" });
    expect(memberId).toMatch(/^mbr_/);
    expect((await asBearer(await sign({ sub: invited }))).status).toBe(401);
  });
});

async function clerkOptions({ key }: TestClerk) {
  const publicKey = await importJWK(key.jwk, "RS256", { extractable: true });
  return { jwtKey: await exportSPKI(publicKey as CryptoKey), authorizedParties: [dashboard], clockSkewInMs: 5000 };
}

describe("a session token that Clerk's own library verifies", () => {
  it("is read alike here: whose it is, in which organization, in which role", async () => {
    const { clerk, clerkOrg, org, sign, user, asBearer } = await world();
    const one = { v: undefined, o: undefined, sts: undefined, org_id: clerkOrg, org_role: "org:viewer", org_slug: "acme" };
    for (const token of [await sign({ o: { id: clerkOrg, rol: "viewer", slg: "acme" } }), await sign(one)]) {
      const verified = await verifyToken(token, await clerkOptions(clerk));
      expect(verified).toMatchObject({ sub: user, azp: dashboard });
      const auth = signedInAuthObject({ sessionToken: token }, token, verified);
      expect([auth.userId, auth.orgId, auth.orgRole]).toEqual([user, clerkOrg, "org:viewer"]);
      expect((await asBearer(token)).body.items).toMatchObject([{ id: org.keyId }]);
      expect((await asBearer(token, "POST", "/v1/keys", newKey)).status).toBe(403);
    }
  });
});

describe("a session token that is not of this moment, or not for us", () => {
  let at: World;
  beforeAll(async () => {
    at = await world();
    expect((await at.asBearer(await at.sign())).status).toBe(200);
  });
  const seconds = (): number => Math.floor(Date.now() / 1000);
  /** Clerk's own library, told what we are told, refuses it as well. */
  const refusedByClerk = async (token: string): Promise<void> => {
    await expect(verifyToken(token, await clerkOptions(at.clerk))).rejects.toThrow();
  };
  const refused = async (token: string): Promise<void> => {
    for (const answer of [await at.asBearer(token), await at.asCookie(token)]) {
      expect([answer.status, answer.body.code], answer.text).toEqual([401, "unauthenticated"]);
      expect(answer.body.detail).toBe(problems.unauthenticated[2]);
    }
  };

  it("expired more than five seconds ago", async () => {
    await refusedByClerk(await at.sign({ exp: seconds() - 7 }));
    expect((await at.asBearer(await at.sign({ exp: seconds() - 2 }))).status).toBe(200);
    await refused(await at.sign({ exp: seconds() - 7 }));
  });

  it("is not valid yet, or from the future", async () => {
    expect((await at.asBearer(await at.sign({ nbf: seconds() + 2, iat: seconds() + 2 }))).status).toBe(200);
    await refused(await at.sign({ nbf: seconds() + 20 }));
    for (const changed of [{ nbf: seconds() + 20 }, { iat: seconds() + 20 }]) await refusedByClerk(await at.sign(changed));
    await refused(await at.sign({ iat: seconds() + 20 }));
  });

  it.each([
    ["is for another party", { azp: "https://evil.example.com" }],
    ["names no party", { azp: undefined }],
    ["names nobody", { sub: undefined }],
    ["has no end", { exp: undefined }],
  ])("%s, which Clerk's own library refuses too", async (_, changed) => {
    await refusedByClerk(await at.sign(changed));
  });

  it.each([
    ["is another issuer's", { iss: "https://clerk.example.com" }],
    ["has no issuer", { iss: undefined }],
    ["is for another party", { azp: "https://evil.example.com" }],
    ["is for a party whose name begins like ours", { azp: `${dashboard}.evil.example.com` }],
    ["names no party", { azp: undefined }],
    ["is for another audience", { aud: "https://other.example.com" }],
    ["is for other audiences", { aud: ["https://a.example", "https://b.example"] }],
    ["names no session, as a template's token", { sid: undefined }],
    ["names nobody", { sub: undefined }],
    ["names a machine", { sub: "mch_1" }],
    ["has no end", { exp: undefined }],
    ["has no beginning", { nbf: undefined }],
    ["does not say when it was issued", { iat: undefined }],
    ["is of a sign-in that is not complete", { sts: "pending" }],
    ["is of somebody who acts as somebody else", { act: { sub: "user_admin" } }],
    ["has a malformed organization", { o: { id: "org_1/../2", rol: "owner" } }],
  ])("%s", async (_, changed) => {
    await refused(await at.sign(changed));
  });

  it("is taken where an audience is named and is ours", async () => {
    expect((await at.asBearer(await at.sign({ aud: ["https://api.armalo.test", "x"] }))).status).toBe(200);
  });

  it("has no signature", async () => {
    const body = text(at.claims());
    for (const alg of ["none", "None", "NONE"]) await refused(`${text({ alg, typ: "JWT", kid: at.clerk.key.kid })}.${body}.`);
  });

  it("is signed with the public key as a shared secret", async () => {
    const { kid, jwk } = at.clerk.key;
    const key = await importJWK(jwk, "RS256", { extractable: true });
    const pem = await exportSPKI(key as CryptoKey);
    const bare = pem.replaceAll(/-----[A-Z ]+-----|\n/g, "");
    const secrets = [pem, `${pem}\n`, pem.trim(), bare, JSON.stringify(jwk), jwk.n ?? ""].map((secret) => new TextEncoder().encode(secret));
    for (const secret of [...secrets, Uint8Array.from(atob(bare), (char) => char.charCodeAt(0))]) {
      const forged = new SignJWT(at.claims()).setProtectedHeader({ alg: "HS256", typ: "JWT", kid });
      await refused(await forged.sign(secret));
    }
  });

  it("is signed with another key of the same name, or by another algorithm", async () => {
    const other = await newClerkKey(at.clerk.key.kid);
    await refused(await at.sign({}, other));
    const { privateKey } = await crypto.subtle
      .generateKey({ name: "RSA-PSS", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" }, true, [
        "sign",
        "verify",
      ])
      .then((pair) => pair as CryptoKeyPair);
    await refused(await new SignJWT(at.claims()).setProtectedHeader({ alg: "PS256", kid: at.clerk.key.kid }).sign(privateKey));
  });

  it("was altered", async () => {
    const [head = "", , signature = ""] = (await at.sign()).split(".");
    await refused(`${head}.${text(at.claims({ sub: "user_other" }))}.${signature}`);
    await refused(`${head}.${text(at.claims())}`);
    await refused("a.b.c");
  });

  it.each(["at+jwt", "logout+jwt"])("is another kind of token by the same issuer and key: %s", async (typ) => {
    const other = await new SignJWT(at.claims()).setProtectedHeader({ alg: "RS256", typ, kid: at.clerk.key.kid }).sign(at.clerk.key.signer);
    await refusedByClerk(other);
    await refused(other);
  });

  it("brings its own key, or says where to fetch one", async () => {
    const mine = await newClerkKey();
    const header = { alg: "RS256", typ: "JWT", jwk: mine.jwk, jku: `${at.clerk.issuer}/mine`, x5u: "https://evil.example.com" };
    for (const kid of [mine.kid, at.clerk.key.kid, undefined])
      await refused(
        await new SignJWT(at.claims()).setProtectedHeader({ ...header, ...(kid === undefined ? {} : { kid }) }).sign(mine.signer),
      );
  });
});

describe("a session of the identity provider in a browser", () => {
  it("changes things from a page of ours or of the dashboard, and from no other", async () => {
    const { sign, asCookie, asBearer } = await world();
    const change = async (headers: Record<string, string>) => {
      const { status, body } = await asCookie(await sign(), "POST", "/v1/keys", newKey, headers);
      return [status, body.code];
    };
    for (const origin of [dashboard, "https://other.armalo.test", "https://api.armalo.test"])
      expect(await change({ origin })).toEqual([201, undefined]);
    for (const headers of [{}, { origin: "https://evil.example.com" }, { origin: "null" }, { origin: `${dashboard}.evil.example.com` }])
      expect(await change(headers)).toEqual([403, "origin_refused"]);
    expect((await asBearer(await sign(), "POST", "/v1/keys", newKey, { origin: "https://evil.example.com" })).status).toBe(201);
  });

  it("is one credential: beside another it is a conflict", async () => {
    const { org, sign, asCookie } = await world();
    for (const bearer of [org.apiKey, await sign(), "nonsense"]) {
      const answer = await asCookie(await sign(), "GET", "/v1/keys", undefined, { authorization: `Bearer ${bearer}` });
      expect([answer.status, answer.body.code]).toEqual([400, "credential_conflict"]);
    }
    const twice = await asCookie(`${await sign()}; __session=${await sign()}`);
    expect([twice.status, twice.body.code]).toEqual([400, "credential_conflict"]);
    const emptied = await asCookie("", "GET", "/v1/keys", undefined, { authorization: `Bearer ${org.apiKey}` });
    expect(emptied.status).toBe(200);
  });

  it("is worth nothing where people sign in otherwise", async () => {
    const { org, sign } = await world();
    const token = await sign();
    const answer = await org.call("GET", "/v1/keys", undefined, { authorization: `Bearer ${token}` });
    expect([answer.status, answer.body.code]).toEqual([401, "unauthenticated"]);
  });
});

describe("a member of the provider's who is removed here, or made less", () => {
  const gateOf = (org: TestOrganization) => env.GATE.get(env.GATE.idFromName(org.orgId));

  it("is out at the next request, whatever the session token says", async () => {
    const { org, memberId, sign, asBearer } = await world();
    const token = await sign();
    expect((await asBearer(token)).status).toBe(200);
    await gateOf(org).endMember(org.orgId, memberId);
    expect((await asBearer(token)).status).toBe(401);
  });

  it("has the lesser role at the next request", async () => {
    const { org, memberId, sign, asBearer } = await world();
    const token = await sign();
    expect((await asBearer(token, "POST", "/v1/keys", newKey)).status).toBe(201);
    await gateOf(org).changeMember(org.orgId, memberId, "viewer");
    expect((await asBearer(token, "POST", "/v1/keys", newKey)).status).toBe(403);
    expect((await asBearer(token)).status).toBe(200);
  });
});
