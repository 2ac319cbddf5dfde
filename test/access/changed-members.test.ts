import { env } from "cloudflare:workers";
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { failDatabase, ownerSees } from "../support/harness.ts";
import { createOrganization, type TestOrganization } from "../support/organization.ts";
import { signInAs, startSessionOf, type TestPerson, statusOf } from "../support/people.ts";

const gateOf = (org: TestOrganization) => env.GATE.get(env.GATE.idFromName(org.orgId));
const inGate = (org: TestOrganization, query: string) =>
  runInDurableObject(gateOf(org), (_gate, { storage }) => storage.sql.exec(query).toArray());
const newKey = { name: "made by a person", scopes: ["keys:read"] };

describe("a member who is removed, or made less", () => {
  it("is out with all sessions at the next request, before the database knows", async () => {
    const org = await createOrganization();
    const here = await signInAs(org, "owner");
    const there = await startSessionOf(org, here);
    expect([await statusOf(here), await statusOf(there)]).toEqual([200, 200]);
    await gateOf(org).endMember(org.orgId, here.memberId);
    expect([await statusOf(here), await statusOf(there)]).toEqual([401, 401]);
    expect(await statusOf(await startSessionOf(org, here))).toBe(401);
    expect((await org.call("GET", "/v1/keys")).status).toBe(200);
  });

  it("is out although the gate was just reading that they are in", async () => {
    const org = await createOrganization();
    const viewer = await signInAs(org, "viewer");
    const answers = await Promise.all([statusOf(viewer), gateOf(org).endMember(org.orgId, viewer.memberId), statusOf(viewer)]);
    expect(await statusOf(viewer)).toBe(401);
    expect(answers[2]).toBe(401);
  });

  it("has the rights of the lesser role at the next request; what a role adds holds once the database has it", async () => {
    const org = await createOrganization();
    const person = await signInAs(org, "admin");
    expect(await statusOf(person, "POST", newKey)).toBe(201);
    await gateOf(org).changeMember(org.orgId, person.memberId, "operator");
    expect([await statusOf(person), await statusOf(person, "POST", newKey)]).toEqual([200, 403]);
    const other = await signInAs(org, "viewer");
    expect(await statusOf(other, "POST", newKey)).toBe(403);
    await gateOf(org).changeMember(org.orgId, other.memberId, "admin");
    expect(await statusOf(other, "POST", newKey)).toBe(403);
  });

  it("has the least of what was said of them lately", async () => {
    const org = await createOrganization();
    const person = await signInAs(org, "owner");
    const gate = gateOf(org);
    for (const role of ["viewer", "owner"] as const) await gate.changeMember(org.orgId, person.memberId, role);
    expect(await statusOf(person, "POST", newKey)).toBe(403);
    await gate.endMember(org.orgId, person.memberId);
    await gate.changeMember(org.orgId, person.memberId, "owner");
    expect(await statusOf(person)).toBe(401);
  });

  it("is as before where the database refused the change", async () => {
    const org = await createOrganization();
    const person = await signInAs(org, "owner");
    const said = await gateOf(org).changeMember(org.orgId, person.memberId, "viewer");
    await gateOf(org).liftMember(org.orgId, person.memberId, said);
    expect(await statusOf(person, "POST", newKey)).toBe(201);
  });

  it("stays as little as was said at the same time and not refused", async () => {
    const org = await createOrganization();
    const person = await signInAs(org, "owner");
    const gate = gateOf(org);
    const lift = (said: number) => gate.liftMember(org.orgId, person.memberId, said);
    const lowered = await gate.changeMember(org.orgId, person.memberId, "viewer");
    const ended = await gate.endMember(org.orgId, person.memberId);
    await lift(await gate.changeMember(org.orgId, person.memberId, "operator"));
    expect(await statusOf(await startSessionOf(org, person))).toBe(401);
    await lift(ended);
    const again = await startSessionOf(org, person);
    expect([await statusOf(again), await statusOf(again, "POST", newKey)]).toEqual([200, 403]);
    await lift(lowered);
    expect(await statusOf(again, "POST", newKey)).toBe(201);
  });
});

describe("what the database missed of a member", () => {
  const settle = async (org: TestOrganization) => {
    await inGate(org, "update member_changes set since = 0");
    await evictDurableObject(gateOf(org));
    expect(await runDurableObjectAlarm(gateOf(org))).toBe(true);
  };
  const rowOf = async ({ memberId }: TestPerson) =>
    (await ownerSees("select role, status, removed_at from members where id = $1", memberId))[0];

  it("is made up for by the gate's alarm: the removal, with its event", async () => {
    const org = await createOrganization();
    const [gone] = [await signInAs(org, "owner"), await signInAs(org, "owner")];
    await gateOf(org).endMember(org.orgId, gone.memberId);
    await settle(org);
    expect(await rowOf(gone)).toMatchObject({ status: "removed", removed_at: expect.anything() });
    const [profile] = await ownerSees("select removed_at from member_profiles where member_id = $1", gone.memberId);
    expect(profile?.removed_at).not.toBeNull();
    const events = await ownerSees("select action, actor from audit_events where resource = $1 order by seq desc limit 1", gone.memberId);
    expect(events).toEqual([{ action: "member.removed", actor: "system:gate" }]);
    expect(await inGate(org, "select * from member_changes")).toEqual([]);
    expect(await statusOf(await startSessionOf(org, gone))).toBe(401);
  });

  it("is not made up for where nobody would own the organization then", async () => {
    const org = await createOrganization();
    const last = await signInAs(org, "owner");
    await signInAs(org, "admin");
    await gateOf(org).endMember(org.orgId, last.memberId);
    await settle(org);
    expect(await rowOf(last)).toMatchObject({ status: "active", removed_at: null });
    expect(await statusOf(await startSessionOf(org, last))).toBe(200);
  });

  it("of a role never happened: a minute later the database's word holds", async () => {
    const org = await createOrganization();
    const person = await signInAs(org, "owner");
    await gateOf(org).changeMember(org.orgId, person.memberId, "viewer");
    await settle(org);
    expect(await rowOf(person)).toMatchObject({ role: "owner" });
    expect(await statusOf(person, "POST", newKey)).toBe(201);
  });

  it("waits for the database, and for its minute", async () => {
    const org = await createOrganization();
    const [gone] = [await signInAs(org, "owner"), await signInAs(org, "owner")];
    await gateOf(org).endMember(org.orgId, gone.memberId);
    await runDurableObjectAlarm(gateOf(org));
    expect(await rowOf(gone)).toMatchObject({ status: "active" });
    expect(await statusOf(gone)).toBe(401);
    await failDatabase(org.orgId, "down");
    await settle(org);
    await failDatabase(org.orgId, "none");
    expect(await statusOf(gone)).toBe(401);
    expect(await runDurableObjectAlarm(gateOf(org))).toBe(true);
    expect(await rowOf(gone)).toMatchObject({ status: "removed" });
  });
});
