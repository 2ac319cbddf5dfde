import { beforeAll, describe, expect, it, vi } from "vitest";
import { leafHash } from "../../../src/audit/leaf.ts";
import { parseTlogProof } from "../../../src/audit/transparency/tlog-proof.ts";
import { parseVerifierKey } from "../../../src/audit/transparency/signed-note.ts";
import { commitTo } from "../../../src/crypto/commitment.ts";
import { eventsOf } from "../../audit/support.ts";
import { checkInclusion } from "../../audit/transparency/check-inclusion.ts";
import { addMember, makeSignInLink, ownerSees } from "../../support/harness.ts";
import { callApi, createOrganization, type TestOrganization } from "../../support/organization.ts";
import { signInAs, type TestPerson } from "../../support/people.ts";

// Where an address or a name may stand: in member_profiles, and nowhere else that lasts.

const grace = { email: "grace.hopper@secret-mailbox.example", name: "Grace Brewster Hopper" };
const ada = { email: "ada.lovelace@secret-mailbox.example", name: "Ada King" };
const secrets = [grace.email, grace.name, ada.email, ada.name, "secret-mailbox", "Hopper"];

let org: TestOrganization;
let owner: TestPerson;
let graceId = "";
let adaId = "";
const lines: string[] = [];

beforeAll(async () => {
  vi.spyOn(console, "log").mockImplementation((...args) => void lines.push(args.join(" ")));
  org = await createOrganization();
  owner = await signInAs(org, "owner");
  const key = { "idempotency-key": "invite-grace" };
  graceId = (await owner.call("POST", "/v1/members", { ...grace, role: "viewer" }, key)).body.id;
  await owner.call("POST", "/v1/members", { ...grace, role: "viewer" }, key);
  adaId = await addMember({ orgId: org.orgId, ...ada, role: "admin" });
  // What fails is recorded: with an address that is taken, a name that is too long, a field that is none.
  await owner.call("POST", "/v1/members", { ...grace, role: "admin" });
  await owner.call("POST", "/v1/members", { email: grace.email, name: grace.name.repeat(20), role: "viewer" });
  await owner.call("POST", "/v1/members", { ...grace, role: "viewer", [grace.email]: grace.name });
  const token = await makeSignInLink(org.orgId, ada.email);
  const form = { "content-type": "application/x-www-form-urlencoded", origin: "https://api.armalo.test", "cf-connecting-ip": org.address };
  const signedIn = await callApi("POST", "/sign-in", new URLSearchParams({ token }).toString(), form);
  const cookie = (signedIn.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
  await callApi("GET", "/session", undefined, { cookie, "cf-connecting-ip": org.address });
  await owner.call("PATCH", `/v1/members/${graceId}`, { role: "operator" });
  await owner.call("DELETE", `/v1/members/${graceId}`);
  vi.restoreAllMocks();
});

const profileOf = async (id: string) =>
  (await ownerSees("select salt, email, name from member_profiles where org_id = $1 and member_id = $2", org.orgId, id))[0];

/** Every text column of every table that an organization has rows in. */
async function everythingBut(except: readonly string[]): Promise<string> {
  const tables = await ownerSees(
    "select distinct table_name as name from information_schema.columns where table_schema = 'public' and column_name = 'org_id'",
  );
  const named = tables.map(({ name }) => String(name)).filter((name) => !except.includes(name));
  expect(named).toEqual(
    expect.arrayContaining(["audit_events", "idempotent_answers", "request_failures", "security_events", "log_checkpoints"]),
  );
  const rows = await Promise.all(named.map((name) => ownerSees(`select t::text as row from "${name}" t where org_id = $1`, org.orgId)));
  return JSON.stringify(rows);
}

describe("an address and a name", () => {
  it("stand in the profile, and in no other row of any table, sealed answers and failures included", async () => {
    expect(await profileOf(graceId)).toMatchObject(grace);
    const kept = await everythingBut(["member_profiles"]);
    expect(kept).toContain(graceId);
    expect(kept).toContain("invite-grace");
    expect(kept).toContain("member.invited");
    for (const secret of secrets) expect(kept).not.toContain(secret);
  });

  it("stand in the administrator's own log neither", async () => {
    const rows = await ownerSees("select t::text as row from audit_events t where action in ('member.added', 'sign_in_link.created')");
    expect(rows.length).toBeGreaterThan(1);
    for (const secret of secrets) expect(JSON.stringify(rows)).not.toContain(secret);
  });

  it("stand in no line of the log", () => {
    expect(lines.filter((line) => line.includes('"members.invite"')).length).toBeGreaterThanOrEqual(5);
    for (const line of lines) for (const secret of secrets) expect(line).not.toContain(secret);
  });

  it("are what the event commits to: it can be computed again from what is kept, and from nothing less", async () => {
    for (const [id, action, person] of [
      [graceId, "member.invited", grace],
      [adaId, "member.added", ada],
    ] as const) {
      const event = (await eventsOf(org)).find((one) => one.resource === id && one.action === action);
      const salt = String((await profileOf(id))?.["salt"]);
      expect(event?.commitment).toBe(await commitTo(salt, person));
      expect(event?.commitment).not.toBe(await commitTo("", person));
    }
  });

  it("are gone after they were erased, with the salt; and every event of theirs is still proved to be in the log", async () => {
    const before = (await eventsOf(org)).filter(({ resource }) => resource === graceId);
    const salt = String((await profileOf(graceId))?.["salt"]);
    expect((await owner.call("POST", `/v1/members/${graceId}/erase`)).status).toBe(200);
    expect(await profileOf(graceId)).toBeUndefined();
    const kept = await everythingBut([]);
    for (const secret of [grace.email, grace.name, salt]) expect(kept).not.toContain(secret);
    expect((await eventsOf(org)).filter(({ resource, action }) => resource === graceId && action !== "member.profile_erased")).toEqual(
      before,
    );

    const log = (await org.call("GET", "/v1/log")).body;
    const keys = log.verifierKeys.map(parseVerifierKey);
    const events = (await eventsOf(org)).filter(({ resource }) => resource === graceId);
    expect(events.map(({ action }) => action)).toEqual([
      "member.invited",
      "member.role_changed",
      "member.removed",
      "member.profile_erased",
    ]);
    for (const event of events) {
      const { text } = await org.call("GET", `/v1/audit-events/${event.id}/tlog-proof`);
      const proof = parseTlogProof(text) ?? expect.fail(text);
      expect(await checkInclusion(leafHash(event), proof, log.origin, keys)).toMatchObject({ ok: true });
    }
  });
});
