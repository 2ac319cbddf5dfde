import { env } from "cloudflare:workers";
import { evictDurableObject, listDurableObjectIds, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { newSessionCookie, sessionIdleMs, sessionLifeMs } from "../../src/access/local-session.ts";
import { newTaggedToken } from "../../src/access/tagged-token.ts";
import { tagKeyOf } from "../../src/access/tag-key.ts";
import { requireEnvironment } from "../../src/env.ts";
import { newId } from "../../src/platform/ids.ts";
import { askForMember, failDatabase, ownerSees, roundTrips } from "../support/harness.ts";
import { callApi, createOrganization, type TestOrganization } from "../support/organization.ts";
import { signInAs, startSessionOf, type TestPerson, statusOf } from "../support/people.ts";

afterEach(() => void vi.useRealTimers());

const gateOf = (org: TestOrganization) => env.GATE.get(env.GATE.idFromName(org.orgId));
const inGate = (org: TestOrganization, query: string) =>
  runInDurableObject(gateOf(org), (_gate, { storage }) => storage.sql.exec(query).toArray());
const newKey = { name: "made by a person", scopes: ["keys:read"] };
/** The clock is the machine's: what was written in the gate is moved into the past. */
const age = (org: TestOrganization, column: "started_at" | "seen_at", ms: number) =>
  inGate(org, `update sessions set ${column} = ${column} - ${ms}`);

describe("a person who has signed in here", () => {
  it("is let in with the rights of the role, and the session costs no round trip once it is known", async () => {
    const org = await createOrganization();
    const viewer = await signInAs(org, "viewer");
    const first = await viewer.call("GET", "/v1/keys");
    expect([first.status, first.body.items[0].id]).toEqual([200, org.keyId]);
    const warm = await viewer.call("GET", "/v1/keys");
    expect(await roundTrips(warm.requestId)).toBe(1);
    const denied = await viewer.call("POST", "/v1/keys", newKey);
    expect([denied.status, denied.body.code]).toEqual([403, "forbidden"]);
    await failDatabase(org.orgId, "down");
    // Nothing is read for an input that is refused, so that only the session could need the database.
    const owner = await viewer.call("GET", "/v1/keys?limit=none");
    expect([owner.status, owner.body.code]).toEqual([400, "invalid_request"]);
    await failDatabase(org.orgId, "none");
  });

  it("acts under the member's name: in the log, in failures, and in what security events sum", async () => {
    const org = await createOrganization();
    const [owner, viewer] = [await signInAs(org, "owner"), await signInAs(org, "viewer")];
    const made = await owner.call("POST", "/v1/keys", newKey);
    expect(made.body.createdBy).toBe(`member:${owner.memberId}`);
    const missing = await owner.call("GET", `/v1/keys/${newId("key")}`);
    const failures = "select actor from request_failures where org_id = $1 and request_id = $2";
    await expect.poll(() => ownerSees(failures, org.orgId, missing.requestId)).toEqual([{ actor: `member:${owner.memberId}` }]);
    await viewer.call("POST", "/v1/keys", newKey);
    expect(await inGate(org, "select kind, credential from security")).toEqual([{ kind: "scope_denied", credential: viewer.memberId }]);
  });

  it("shares the organization's limit with its keys", async () => {
    vi.useFakeTimers({ toFake: ["Date"] }); // the minute does not end, however slow the machine is
    const org = await createOrganization({ plan: "free" });
    const owner = await signInAs(org, "owner");
    const answers = await Promise.all(
      Array.from({ length: 35 }, () => [org.call("GET", "/v1/keys"), owner.call("GET", "/v1/keys")]).flat(),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(60);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(10);
  });

  it("repeats a change with an Idempotency-Key of their own, which is nobody else's", async () => {
    const org = await createOrganization();
    const [one, other] = [await signInAs(org, "owner"), await signInAs(org, "owner")];
    const make = (person: TestPerson) => person.call("POST", "/v1/keys", newKey, { "idempotency-key": "once" });
    const [first, again, others] = [await make(one), await make(one), await make(other)];
    expect([first.status, again.body.id, again.headers.get("idempotent-replayed")]).toEqual([201, first.body.id, "true"]);
    expect(others.body.id).not.toBe(first.body.id);
  });

  it("mints keys that do not end with the session", async () => {
    const org = await createOrganization();
    const owner = await signInAs(org, "owner");
    const made = await owner.call("POST", "/v1/keys", newKey);
    expect(made.body.expiresAt).toBeNull();
    await gateOf(org).endSession(org.orgId, owner.sessionId);
    const headers = { authorization: `Bearer ${made.body.key}`, "cf-connecting-ip": org.address };
    expect((await callApi("GET", "/v1/keys", undefined, headers)).status).toBe(200);
  });

  it("is 503 where the database cannot say whether they are a member", async () => {
    const org = await createOrganization();
    const viewer = await signInAs(org, "viewer");
    await failDatabase(org.orgId, "down");
    expect(await statusOf(viewer)).toBe(503);
    await failDatabase(org.orgId, "none");
    expect(await statusOf(viewer)).toBe(200);
  });

  it("was only invited: no session is worth anything before the invitation was taken up", async () => {
    const org = await createOrganization();
    const member = await askForMember({ orgId: org.orgId, role: "owner", externalId: null, status: "invited" });
    expect(await statusOf(await startSessionOf(org, member))).toBe(401);
  });
});

describe("a session", () => {
  it("ends after an hour without use, whatever use came before", async () => {
    const org = await createOrganization();
    const viewer = await signInAs(org, "viewer");
    await age(org, "seen_at", sessionIdleMs - 30_000);
    expect(await statusOf(viewer)).toBe(200);
    // It was seen a moment ago: the hour begins again.
    await age(org, "seen_at", sessionIdleMs - 30_000);
    expect(await statusOf(viewer)).toBe(200);
    await age(org, "seen_at", sessionIdleMs);
    expect(await statusOf(viewer)).toBe(401);
  });

  it("ends twelve hours after it began, however much it is used", async () => {
    const org = await createOrganization();
    const viewer = await signInAs(org, "viewer");
    await age(org, "started_at", sessionLifeMs - 30_000);
    expect(await statusOf(viewer)).toBe(200);
    await age(org, "started_at", 30_000);
    expect(await statusOf(viewer)).toBe(401);
  });

  it("is written down as used once a minute at most", async () => {
    const org = await createOrganization();
    const viewer = await signInAs(org, "viewer");
    const seen = async () => (await inGate(org, "select seen_at from sessions"))[0]?.seen_at;
    const begun = await seen();
    await viewer.call("GET", "/v1/keys");
    expect(await seen()).toBe(begun);
    await age(org, "seen_at", 61_000);
    await viewer.call("GET", "/v1/keys");
    expect(await seen()).toBeGreaterThanOrEqual(Number(begun));
  });

  it("ends at sign-out, at the next request, and no other of the same member does", async () => {
    const org = await createOrganization();
    const here = await signInAs(org, "viewer");
    const there = await startSessionOf(org, here);
    expect([await statusOf(here), await statusOf(there)]).toEqual([200, 200]);
    await gateOf(org).endSession(org.orgId, here.sessionId);
    expect([await statusOf(here), await statusOf(there)]).toEqual([401, 200]);
  });

  it("outlives a restart of the gate, and so does its end", async () => {
    const org = await createOrganization();
    const [stays, leaves, removed, lowered] = [
      await signInAs(org, "viewer"),
      await signInAs(org, "viewer"),
      await signInAs(org, "owner"),
      await signInAs(org, "owner"),
    ];
    await gateOf(org).endSession(org.orgId, leaves.sessionId);
    await gateOf(org).endMember(org.orgId, removed.memberId);
    await gateOf(org).changeMember(org.orgId, lowered.memberId, "viewer");
    await evictDurableObject(gateOf(org));
    expect([await statusOf(stays), await statusOf(leaves), await statusOf(removed)]).toEqual([200, 401, 401]);
    expect([await statusOf(lowered), await statusOf(lowered, "POST", newKey)]).toEqual([200, 403]);
  });

  it("that no cookie opens any more is dropped", async () => {
    const org = await createOrganization();
    await signInAs(org, "viewer");
    await age(org, "started_at", sessionLifeMs);
    const fresh = await signInAs(org, "viewer");
    expect(await inGate(org, "select id from sessions")).toEqual([{ id: fresh.sessionId }]);
  });
});

describe("a session's cookie", () => {
  const ask = (org: TestOrganization, cookie: string, headers: Record<string, string> = {}) =>
    callApi("GET", "/v1/keys", undefined, { cookie, "cf-connecting-ip": org.address, ...headers });

  it("that was altered, cut, or made for something else is refused, and addresses no gate", async () => {
    const [org, other] = [await createOrganization(), await createOrganization()];
    const viewer = await signInAs(org, "viewer");
    const [name = "", value = ""] = viewer.cookie.split("=");
    const [id = "", orgId = "", secret = "", tag = ""] = value.split(".");
    const link = await newTaggedToken(await tagKeyOf(requireEnvironment(env)), "signInLink", org.orgId);
    const asSession = link.token.replace("sil_", "ses_");
    const invented = newId("organization");
    const forged = [
      ...[`${id}.${other.orgId}.${secret}.${tag}`, `${id}.${invented}.${secret}.${tag}`, `${newId("session")}.${orgId}.${secret}.${tag}`],
      ...[`${id}.${orgId}.${secret.slice(1)}A.${tag}`, `${id}.${orgId}.${secret}.${"0".repeat(11)}`, `${id}.${orgId}.${secret}`],
      ...[`${id}.${orgId}.${secret}.${tag}.`, `.${value}`, link.token, asSession, "x", "...", org.apiKey],
    ];
    const before = (await listDurableObjectIds(env.GATE)).length;
    for (const wrong of forged) {
      const answer = await ask(org, `${name}=${wrong}`);
      expect([answer.status, answer.body.code], wrong).toEqual([401, "unauthenticated"]);
    }
    expect((await listDurableObjectIds(env.GATE)).length).toBe(before);
    expect((await ask(org, viewer.cookie)).status).toBe(200);
  });

  it("whose tag is right and whose session was never begun, or whose secret is another's, is refused", async () => {
    const org = await createOrganization();
    const { cookie } = await newSessionCookie(requireEnvironment(env), org.orgId);
    expect((await ask(org, cookie.split(";")[0] ?? "")).status).toBe(401);
    const viewer = await signInAs(org, "viewer");
    await inGate(org, "update sessions set secret_hash = replace(secret_hash, substr(secret_hash, 1, 1), 'x')");
    expect(await statusOf(viewer)).toBe(401);
  });

  it("is kept by the browser for this host alone, out of reach of scripts and of other sites", async () => {
    const org = await createOrganization();
    const { cookie } = await newSessionCookie(requireEnvironment(env), org.orgId);
    expect(cookie).toMatch(/^__Host-armalo-session=ses_\w{22}\.org_\w{22}\.[\w-]{43}\.\w{11}; /);
    expect(cookie.split("; ").slice(1)).toEqual(["Path=/", "Secure", "HttpOnly", "SameSite=Strict", "Max-Age=43200"]);
  });

  it("beside another credential is a conflict; beside cookies of others it is read", async () => {
    const org = await createOrganization();
    const viewer = await signInAs(org, "viewer");
    for (const authorization of [`Bearer ${org.apiKey}`, "Bearer nonsense", "Basic eA=="]) {
      const answer = await ask(org, viewer.cookie, { authorization });
      expect([answer.status, answer.body.code]).toEqual([400, "credential_conflict"]);
    }
    const twice = await ask(org, `${viewer.cookie}; ${viewer.cookie}`);
    expect([twice.status, twice.body.code]).toEqual([400, "credential_conflict"]);
    expect((await ask(org, `a=b; ${viewer.cookie};__session=x.y.z`)).status).toBe(200);
    const withKey = await ask(org, "__session=x.y.z; __Host-armalo-session=", { authorization: `Bearer ${org.apiKey}` });
    expect(withKey.status).toBe(200);
  });

  it("is a credential where a call could be paid for instead: beside a payment it is a conflict, and a bad one is a 401", async () => {
    const org = await createOrganization();
    const viewer = await signInAs(org, "viewer");
    const agent = await org.call("POST", "/v1/agents", { externalId: "a", name: "A" });
    const path = `/v1/agents/${agent.body.id}/score`;
    expect((await viewer.call("GET", path)).status).toBe(200);
    const both = await viewer.call("GET", path, undefined, { "payment-signature": "AAAA" });
    expect([both.status, both.body.code]).toEqual([400, "credential_conflict"]);
    const bad = await viewer.call("GET", path, undefined, { cookie: `${viewer.cookie}x` });
    expect([bad.status, bad.body.code]).toEqual([401, "unauthenticated"]);
  });

  it("changes nothing from another site's page, nor where no page is named", async () => {
    const org = await createOrganization();
    const owner = await signInAs(org, "owner");
    const origins = ["", "null", "https://evil.example.com", "https://api.armalo.test.evil.example.com", "http://api.armalo.test"];
    for (const origin of [...origins, "https://app.armalo.test", "https://api.armalo.test:8443", "https://api.armalo.test/"]) {
      const answer = await owner.call("POST", "/v1/keys", newKey, { origin });
      expect([answer.status, answer.body.code], origin).toEqual([403, "origin_refused"]);
    }
    for (const origin of ["", "https://evil.example.com"])
      expect((await owner.call("GET", "/v1/keys", undefined, { origin })).status).toBe(200);
    expect(await ownerSees("select 1 from api_keys where org_id = $1 and id <> $2", org.orgId, org.keyId)).toEqual([]);
    expect(await statusOf(owner, "POST", newKey)).toBe(201);
  });
});
