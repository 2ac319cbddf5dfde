import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { tagKeyOf } from "../../../src/access/tag-key.ts";
import { newTaggedToken } from "../../../src/access/tagged-token.ts";
import { buildApp } from "../../../src/app.ts";
import { parseEnvironment, requireEnvironment } from "../../../src/env.ts";
import { answerRequest } from "../../../src/http/answer-request.ts";
import { operations } from "../../../src/operations.ts";
import { eventsOf, tamper } from "../../audit/support.ts";
import { addMember, makeSignInLink, ownerSees, roundTrips } from "../../support/harness.ts";
import { callApi, createOrganization, newAddress, type Answer, type TestOrganization } from "../../support/organization.ts";

const origin = "https://api.armalo.test";
const asForm = { "content-type": "application/x-www-form-urlencoded" };
let org: TestOrganization;
let invited = 0;

beforeAll(async () => {
  org = await createOrganization();
});
afterEach(() => void vi.useRealTimers());

type Invited = { readonly memberId: string; readonly email: string; readonly token: string };

async function newInvited(role: "viewer" | "owner" = "viewer"): Promise<Invited> {
  const email = `person-${(invited += 1)}@example.com`;
  const memberId = await addMember({ orgId: org.orgId, email, name: "Ada", role });
  return { memberId, email, token: await makeSignInLink(org.orgId, email) };
}

const from = (): Record<string, string> => ({ "cf-connecting-ip": newAddress() });
const post = (token: string, headers: Record<string, string> = { origin }): Promise<Answer> =>
  callApi("POST", "/sign-in", new URLSearchParams({ token }).toString(), { ...asForm, ...from(), ...headers });
const cookieOf = ({ headers }: Answer): string => (headers.get("set-cookie") ?? "").split(";")[0] ?? "";
const asSession = (answer: Answer, method = "GET", path = "/v1/session", headers: Record<string, string> = {}): Promise<Answer> =>
  callApi(method, path, undefined, { cookie: cookieOf(answer), origin, ...from(), ...headers });
const alike = ({ status, text, requestId, headers }: Answer) => ({
  status,
  text: text.replaceAll(requestId, ""),
  headers: [...headers].filter(([name]) => name !== "x-request-id" && name !== "server-timing"),
});

describe("a sign-in link", () => {
  it("shows a button to whoever opens it, however often, and uses nothing up", async () => {
    const { token } = await newInvited();
    for (let time = 0; time < 2; time += 1) {
      const page = await callApi("GET", `/sign-in/${token}`, undefined, from());
      expect([page.status, await roundTrips(page.requestId)]).toEqual([200, 0]);
      expect(page.text).toContain(`<form method="post" action="/sign-in"><input type="hidden" name="token" value="${token}">`);
      expect(page.headers.get("content-security-policy")).toMatch(/^default-src 'none'; style-src 'sha256-[^']+'; .*; form-action 'self'$/);
      expect(page.headers.get("referrer-policy")).toBe("same-origin");
      expect(page.headers.get("cache-control")).toBe("no-store");
      expect(page.headers.get("set-cookie")).toBeNull();
    }
    expect((await post(token)).status).toBe(200);
  });

  it("signs in whom it is for, with a cookie that stays with this host and out of reach of scripts", async () => {
    const { memberId, email, token } = await newInvited();
    const signedIn = await post(token);
    expect([signedIn.status, await roundTrips(signedIn.requestId)]).toEqual([200, 2]);
    const [, ...attributes] = (signedIn.headers.get("set-cookie") ?? "").split("; ");
    expect(attributes.toSorted()).toEqual(["HttpOnly", "Max-Age=43200", "Path=/", "SameSite=Strict", "Secure"]);
    expect(cookieOf(signedIn)).toMatch(/^__Host-armalo-session=ses_/);
    const { body, status } = await asSession(signedIn);
    expect([status, body]).toEqual([
      200,
      expect.objectContaining({
        memberId,
        email,
        name: "Ada",
        role: "viewer",
        signedInWith: "local",
        organization: expect.objectContaining({ id: org.orgId }),
      }),
    ]);
    expect(new Date(body.until).getTime() - new Date(body.since).getTime()).toBe(12 * 3_600_000);
  });

  it("makes an invited person a member at the first use, and says so in the log as that person", async () => {
    const { memberId, email, token } = await newInvited();
    expect((await org.call("GET", `/v1/members/${memberId}`)).body).toMatchObject({ status: "invited", joinedAt: null });
    await post(token);
    expect((await org.call("GET", `/v1/members/${memberId}`)).body).toMatchObject({ status: "active", joinedAt: expect.any(String) });
    await post(await makeSignInLink(org.orgId, email));
    const said = (await eventsOf(org)).filter(({ actor }) => actor === `member:${memberId}`).map(({ action }) => action);
    expect(said).toEqual(["session.started", "member.joined", "session.started"]);
  });

  it("lets one of a hundred posts at once in", async () => {
    const { memberId, token } = await newInvited();
    const answers = await Promise.all(Array.from({ length: 100 }, () => post(token)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const refused = answers.filter(({ status }) => status !== 200).map(alike);
    expect(refused).toHaveLength(99);
    expect(new Set(refused.map((one) => JSON.stringify(one))).size).toBe(1);
    const started = (await eventsOf(org)).filter(({ actor, action }) => actor === `member:${memberId}` && action === "session.started");
    expect(started).toHaveLength(1);
  });

  it("that cannot be used is answered alike, whatever is wrong with it, and without a cookie", async () => {
    const tagKey = await tagKeyOf(requireEnvironment(env));
    const [used, expired, removed, other] = [await newInvited(), await newInvited(), await newInvited(), await newInvited()];
    await post(used.token);
    await tamper(org, `update members set status = 'removed', removed_at = now() where org_id = :org and id = '${removed.memberId}'`);
    const parts = other.token.split(".");
    const stranger = await createOrganization();
    const bad: Record<string, string> = {
      used: used.token,
      removed: removed.token,
      "never made": (await newTaggedToken(tagKey, "signInLink", org.orgId)).token,
      "of another organization": (await newTaggedToken(tagKey, "signInLink", stranger.orgId)).token,
      "moved to another organization": [parts[0], stranger.orgId, ...parts.slice(2)].join("."),
      "with another secret": [parts[0], parts[1], "A".repeat(43), parts[3]].join("."),
      "with another tag": [...parts.slice(0, 3), "00000000000"].join("."),
      "a session's token": (await newTaggedToken(tagKey, "session", org.orgId)).token,
      "an API key": org.apiKey,
      nothing: "x",
    };
    const answers = Object.fromEntries(
      await Promise.all(Object.entries(bad).map(async ([name, token]) => [name, alike(await post(token))])),
    );
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 10 * 60_000 + 1000 });
    answers["expired"] = alike(await post(expired.token));
    vi.useRealTimers();
    const [first, ...others] = Object.values(answers);
    expect(first).toMatchObject({ status: 401, text: expect.stringContaining("The sign-in link cannot be used") });
    expect(JSON.stringify(first)).not.toContain("set-cookie");
    for (const [name, answer] of Object.entries(answers)) expect(answer, name).toEqual(first);
    expect(others).toHaveLength(Object.keys(bad).length);
    expect((await post(other.token)).status).toBe(200);
  });

  it("works until its ten minutes are over", async () => {
    const { token } = await newInvited();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 9.5 * 60_000 });
    expect((await post(token)).status).toBe(200);
  });

  it.each([
    ["from another site", { origin: "https://evil.example" }],
    ["from a page that hides where it is", { origin: "null" }],
    ["from the same name over http", { origin: "http://api.armalo.test" }],
    ["without saying where from", {}],
  ])("is not used by a post %s", async (_, headers) => {
    const { token } = await newInvited();
    const answer = await post(token, headers);
    expect([answer.status, answer.headers.get("set-cookie")]).toEqual([403, null]);
    expect(answer.text).toContain("The request&#39;s origin is not ours");
    expect((await post(token)).status).toBe(200);
  });

  it("is taken from a form alone, with one field", async () => {
    const { token } = await newInvited();
    const send = (body: string, type = asForm["content-type"]) =>
      callApi("POST", "/sign-in", body, { "content-type": type, origin, ...from() });
    expect((await send(JSON.stringify({ token }), "application/json")).status).toBe(415);
    for (const body of ["", "token=", `token=${token}&token=${token}`, `token=${token}&more=1`])
      expect((await send(body)).status, body).toBe(400);
    expect((await post(token)).status).toBe(200);
  });

  it("stands in no log line, used or not", async () => {
    const lines: string[] = [];
    vi.spyOn(console, "log").mockImplementation((...args) => void lines.push(args.join(" ")));
    const { token, email } = await newInvited();
    await callApi("GET", `/sign-in/${token}`, undefined, from());
    const signedIn = await post(token);
    await post(token);
    await asSession(signedIn);
    vi.restoreAllMocks();
    const [, , secret = "-"] = token.split(".");
    expect(lines.filter((line) => line.includes('"sign_in.use"')).length).toBeGreaterThanOrEqual(2);
    for (const line of lines) for (const text of [secret, cookieOf(signedIn).slice(-40), email]) expect(line).not.toContain(text);
    const rows = await ownerSees("select token_hash from sign_in_links where org_id = $1", org.orgId);
    expect(JSON.stringify(rows)).not.toContain(secret);
  });

  it.each([undefined, "clerk"])("is not configured where people sign in otherwise (%s)", async (signIn) => {
    const { token } = await newInvited();
    const clerk = {
      CLERK_ISSUER: "https://clerk.example.com",
      CLERK_AUTHORIZED_PARTIES: "https://app.example.com",
      CLERK_SECRET_KEY: "sk_test_0123456789",
      CLERK_WEBHOOK_SECRETS: `whsec_${btoa("0123456789abcdef0123456789abcdef")}`,
    };
    const other = parseEnvironment({ ...env, ...(signIn === "clerk" ? clerk : {}), SIGN_IN: signIn } as typeof env);
    expect(other.ok).toBe(true);
    const ask = async (request: Request) => (await answerRequest(buildApp(operations), request, other, () => undefined)).status;
    const body = new URLSearchParams({ token });
    expect(await ask(new Request(`${origin}/sign-in/${token}`, { headers: from() }))).toBe(503);
    expect(await ask(new Request(`${origin}/sign-in`, { method: "POST", body, headers: { origin, ...from() } }))).toBe(503);
    expect((await post(token)).status).toBe(200);
  });
});

describe("a session", () => {
  const signIn = async (): Promise<Answer> => post((await newInvited()).token);

  it("ends at sign-out, by the API and by the page, here and in every other window", async () => {
    for (const [method, path] of [
      ["DELETE", "/v1/session"],
      ["POST", "/sign-out"],
    ] as const) {
      const signedIn = await signIn();
      const ended = await asSession(signedIn, method, path);
      expect(ended.status, ended.text).toBe(200);
      if (path === "/sign-out") expect(ended.headers.get("set-cookie")).toMatch(/^__Host-armalo-session=; .*Max-Age=0$/);
      expect((await asSession(signedIn)).status).toBe(401);
      expect((await asSession(signedIn, method, path)).status).toBe(401);
    }
    expect((await eventsOf(org)).filter(({ action }) => action === "session.ended")).toHaveLength(2);
  });

  it("is not ended from another site", async () => {
    const signedIn = await signIn();
    expect((await asSession(signedIn, "POST", "/sign-out", { origin: "https://evil.example" })).status).toBe(403);
    expect((await asSession(signedIn)).status).toBe(200);
  });

  it("is shown as a page, in one round trip; whoever is not signed in is told so, as a page", async () => {
    const signedIn = await signIn();
    const page = await asSession(signedIn, "GET", "/session");
    expect([page.status, page.headers.get("content-type"), await roundTrips(page.requestId)]).toEqual([200, "text/html; charset=utf-8", 1]);
    expect(page.text).toContain("<dt>E-mail</dt><dd>person-");
    const nobody = await callApi("GET", "/session", undefined, from());
    expect([nobody.status, nobody.headers.get("content-type")]).toEqual([401, "text/html; charset=utf-8"]);
    expect(nobody.text).toContain("You are not signed in");
  });

  it("is a person's: no API key has one", async () => {
    const answer = await org.call("GET", "/v1/session");
    expect([answer.status, answer.body.code]).toEqual([403, "person_needed"]);
  });
});
