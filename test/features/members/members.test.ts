import { beforeEach, describe, expect, it } from "vitest";
import { roles } from "../../../src/access/roles.ts";
import { eventsOf } from "../../audit/support.ts";
import { roundTrips } from "../../support/harness.ts";
import { createOrganization, type Answer, type TestOrganization } from "../../support/organization.ts";
import { signInAs, startSessionOf, type TestPerson } from "../../support/people.ts";

let org: TestOrganization;
let owner: TestPerson;
beforeEach(async () => {
  org = await createOrganization();
  owner = await signInAs(org, "owner");
});

let invited = 0;
const invitation = (role = "viewer") => ({ email: `Invited-${(invited += 1)}@Example.com`, name: " Grace ", role });
const member = (person: TestPerson): string => `/v1/members/${person.memberId}`;
const said = ({ status, body }: Answer) => [status, body.code];

describe("members", () => {
  it("are invited, listed and read: in one round trip each", async () => {
    const made = await owner.call("POST", "/v1/members", invitation());
    const email = `invited-${invited}@example.com`;
    expect([made.status, made.body]).toEqual([
      201,
      expect.objectContaining({ email, name: "Grace", role: "viewer", status: "invited", joinedAt: null, removedAt: null }),
    ]);
    const listed = await org.call("GET", "/v1/members");
    expect(listed.body.items.map(({ id }: { id: string }) => id)).toEqual([made.body.id, owner.memberId]);
    const read = await org.call("GET", `/v1/members/${made.body.id}`);
    expect(read.body).toEqual(made.body);
    for (const answer of [made, listed, read]) expect(await roundTrips(answer.requestId)).toBe(1);
    expect((await org.call("GET", "/v1/members?status=active")).body.items).toHaveLength(1);
    expect((await org.call("GET", "/v1/members?limit=1")).body.nextCursor).not.toBeNull();
  });

  it("are not seen by a key that is bound to one agent, and neither is what the organization pays for", async () => {
    const { body: agent } = await org.call("POST", "/v1/agents", { externalId: "one", name: "One" });
    const scopes = ["members:read", "billing:read"];
    const { body: key } = await org.call("POST", "/v1/keys", { name: "bound", scopes, agentId: agent.id });
    for (const path of ["/v1/members", member(owner), "/v1/billing"]) {
      expect(said(await org.call("GET", path, undefined, { authorization: `Bearer ${key.key}` })), path).toEqual([403, "forbidden"]);
      expect((await org.call("GET", path)).status, path).toBe(200);
    }
  });

  it("have one address each; whoever was removed gives theirs back", async () => {
    const wish = invitation();
    const { body: first } = await owner.call("POST", "/v1/members", wish);
    expect(said(await owner.call("POST", "/v1/members", { ...wish, email: wish.email.toUpperCase() }))).toEqual([409, "state_conflict"]);
    expect((await owner.call("DELETE", `/v1/members/${first.id}`)).body).toMatchObject({
      status: "removed",
      email: wish.email.toLowerCase(),
    });
    expect((await owner.call("POST", "/v1/members", wish)).status).toBe(201);
  });

  it("are changed and removed in two round trips, audited as the person", async () => {
    const other = await signInAs(org, "viewer");
    const changed = await owner.call("PATCH", member(other), { role: "operator" });
    const removed = await owner.call("DELETE", member(other));
    expect([changed.status, changed.body.role, removed.status, removed.body.status]).toEqual([200, "operator", 200, "removed"]);
    for (const { requestId } of [changed, removed]) expect(await roundTrips(requestId)).toBe(2);
    const log = (await eventsOf(org)).filter(({ actor }) => actor === `member:${owner.memberId}`);
    expect(log.map(({ action, resource }) => [action, resource])).toEqual([
      ["member.role_changed", other.memberId],
      ["member.removed", other.memberId],
    ]);
  });

  it("lose their sessions at the next request when they are removed, and their rights when they are demoted", async () => {
    const other = await signInAs(org, "admin");
    const elsewhere = await startSessionOf(org, other);
    for (const session of [other, elsewhere]) expect((await session.call("POST", "/v1/members", invitation())).status).toBe(201);
    await owner.call("PATCH", member(other), { role: "viewer" });
    for (const session of [other, elsewhere]) {
      expect(said(await session.call("POST", "/v1/members", invitation()))).toEqual([403, "forbidden"]);
      expect((await session.call("GET", "/v1/session")).body).toMatchObject({ role: "viewer" });
    }
    await owner.call("DELETE", member(other));
    for (const session of [other, elsewhere]) expect(said(await session.call("GET", "/v1/session"))).toEqual([401, "unauthenticated"]);
  });

  it("have what a better role adds from the next request on", async () => {
    const other = await signInAs(org, "viewer");
    expect((await other.call("GET", "/v1/session")).body.role).toBe("viewer");
    await owner.call("PATCH", member(other), { role: "admin" });
    await expect.poll(async () => (await other.call("POST", "/v1/members", invitation())).status).toBe(201);
  });

  it("are not changed by keys, whatever their scopes, nor by roles that may not", async () => {
    const viewer = await signInAs(org, "viewer");
    const operator = await signInAs(org, "operator");
    const asked = [
      ["POST", "/v1/members", invitation()],
      ["PATCH", member(viewer), { role: "operator" }],
      ["DELETE", member(viewer)],
      ["POST", `${member(viewer)}/erase`],
    ] as const;
    for (const [method, path, body] of asked) {
      expect(said(await org.call(method, path, body)), path).toEqual([403, "person_needed"]);
      for (const person of [viewer, operator]) expect(said(await person.call(method, path, body)), path).toEqual([403, "forbidden"]);
      expect(said(await owner.call(method, path, body, { origin: "https://evil.example" })), path).toEqual([403, "origin_refused"]);
      expect(said(await owner.call(method, path, body, { origin: "" })), path).toEqual([403, "origin_refused"]);
    }
  });

  it("who are no owners make, change and remove no owner; an admin does all the rest", async () => {
    const admin = await signInAs(org, "admin");
    const second = await signInAs(org, "owner");
    expect(said(await admin.call("POST", "/v1/members", invitation("owner")))).toEqual([403, "forbidden"]);
    expect(said(await admin.call("PATCH", member(second), { role: "viewer" }))).toEqual([403, "forbidden"]);
    expect(said(await admin.call("DELETE", member(second)))).toEqual([403, "forbidden"]);
    expect(said(await admin.call("PATCH", member(admin), { role: "viewer" }))).toEqual([403, "forbidden"]);
    const other = await signInAs(org, "viewer");
    expect(said(await admin.call("PATCH", member(other), { role: "owner" }))).toEqual([403, "forbidden"]);
    expect((await admin.call("PATCH", member(other), { role: "admin" })).status).toBe(200);
    expect((await admin.call("DELETE", member(other))).status).toBe(200);
    expect((await second.call("GET", "/v1/session")).status).toBe(200);
  });

  it("keep the last owner, who can neither leave nor be demoted, and stays signed in", async () => {
    expect(said(await owner.call("DELETE", member(owner)))).toEqual([409, "state_conflict"]);
    const second = await signInAs(org, "owner");
    expect((await owner.call("PATCH", member(second), { role: "viewer" })).status).toBe(200);
    expect(said(await owner.call("DELETE", member(owner)))).toEqual([409, "state_conflict"]);
    expect((await owner.call("GET", "/v1/session")).body.role).toBe("owner");
  });

  it("who both own the organization, and remove each other at once, leave one who can still act", async () => {
    for (let round = 0; round < 5; round += 1) {
      const world = await createOrganization();
      const [a, b] = [await signInAs(world, "owner"), await signInAs(world, "owner")];
      const answers = await Promise.all([a.call("DELETE", member(b)), b.call("DELETE", member(a))]);
      const statuses = answers.map(({ status }) => status).toSorted();
      expect(statuses.filter((status) => status === 200)).toHaveLength(1);
      const { body } = await world.call("GET", "/v1/members?status=active");
      expect(body.items).toEqual([expect.objectContaining({ role: "owner" })]);
      const left = [a, b].find(({ memberId }) => memberId === body.items[0].id) ?? expect.fail("nobody is left");
      const again = await startSessionOf(world, left);
      expect((await again.call("GET", "/v1/session")).body.role).toBe("owner");
    }
  });

  it("are changed once for one Idempotency-Key, and a repeat is answered as before", async () => {
    const key = { "idempotency-key": crypto.randomUUID() };
    const wish = invitation();
    const [first, again] = [await owner.call("POST", "/v1/members", wish, key), await owner.call("POST", "/v1/members", wish, key)];
    expect([again.status, again.body, again.headers.get("idempotent-replayed")]).toEqual([201, first.body, "true"]);
  });

  it("are erased by an owner, once they were removed, for good", async () => {
    const admin = await signInAs(org, "admin");
    const other = await signInAs(org, "viewer");
    expect(said(await owner.call("POST", `${member(other)}/erase`))).toEqual([409, "state_conflict"]);
    await owner.call("DELETE", member(other));
    expect(said(await admin.call("POST", `${member(other)}/erase`))).toEqual([403, "forbidden"]);
    const erased = await owner.call("POST", `${member(other)}/erase`);
    expect([erased.status, erased.body.email, erased.body.name, erased.body.status]).toEqual([200, null, null, "removed"]);
    expect(await roundTrips(erased.requestId)).toBe(2);
    expect((await org.call("GET", member(other))).body).toEqual(erased.body);
    expect(said(await owner.call("POST", `${member(other)}/erase`))).toEqual([409, "state_conflict"]);
  });

  it.each([
    { email: "not an address" },
    { email: "a@example.com", role: "king" },
    { email: "a@example.com", role: "viewer", more: 1 },
    { email: `${"a".repeat(250)}@example.com`, role: "viewer" },
    { email: "a@example.com", role: "viewer", name: "" },
  ])("are not invited with %j", async (body) => {
    expect(said(await owner.call("POST", "/v1/members", body))).toEqual([400, "invalid_request"]);
  });

  it.each(roles)("who are %s see themselves and whom they work with", async (role) => {
    const person = await signInAs(org, role);
    const { body } = await person.call("GET", "/v1/session");
    expect(body).toMatchObject({ memberId: person.memberId, role, signedInWith: "local", email: person.email });
    expect((await person.call("GET", "/v1/members")).body.items).toHaveLength(2);
  });
});
