import { describe, expect, it } from "vitest";
import { commitTo } from "../../../src/crypto/commitment.ts";
import { addMember, failDatabase, ownerSees, roundTrips } from "../../support/harness.ts";
import { signInAs, startSessionOf } from "../../support/people.ts";
import { actionsOf, membersOf, membershipOf, newClerkOrganization, newName, newPerson, organizationAt, tell } from "./clerk-world.ts";

const shown = async (orgId: string) => (await membersOf(orgId)).map(({ role, status, email }) => [role, status, email]);

describe("a membership that Clerk tells of", () => {
  it("lets the person in with their role, and the log holds nothing of their name but a commitment", async () => {
    const { externalId, orgId } = await newClerkOrganization();
    const person = newPerson();
    const answer = await tell("organizationMembership.created", membershipOf(externalId, person, "org:admin"), 2_000);
    expect([answer.status, answer.body], answer.text).toEqual([200, { status: "handled" }]);
    expect(await roundTrips(answer.requestId)).toBeLessThanOrEqual(4);
    const [member, ...others] = await membersOf(orgId);
    expect(others).toEqual([]);
    expect(member).toMatchObject({ role: "admin", status: "active", email: person.email, name: person.name?.join(" ") });
    const [event] = await ownerSees("select * from audit_events where org_id = $1 and action = 'member.added'", orgId);
    expect(event).toMatchObject({ actor: "provider:clerk", resource: member?.id, request_id: answer.requestId });
    expect(event?.commitment).toBe(await commitTo(member?.salt ?? "", { email: person.email, name: person.name?.join(" ") }));
    expect(JSON.stringify(event)).not.toContain(person.email);
  });

  it("does not let in again whom somebody has removed here, where it was made before that and comes late", async () => {
    const { externalId, orgId, address } = await newClerkOrganization();
    const person = newPerson();
    await tell("organizationMembership.created", membershipOf(externalId, person, "org:admin"), 2_000);
    const [member] = await membersOf(orgId);
    const owner = await signInAs({ orgId, address }, "owner");
    expect((await owner.call("DELETE", `/v1/members/${member?.id}`)).status).toBe(200);
    const late = await tell("organizationMembership.updated", membershipOf(externalId, person, "org:admin"), Date.now() - 60_000);
    expect(late.body.status).toBe("stale");
    expect((await shown(orgId)).filter(([, status]) => status === "active")).toHaveLength(1);
    const again = await tell("organizationMembership.created", membershipOf(externalId, person, "org:viewer"), Date.now() + 60_000);
    expect(again.body.status).toBe("handled");
    expect(await shown(orgId)).toContainEqual(["viewer", "active", person.email]);
  });

  it("may come before its organization: it is told again, and then it is taken", async () => {
    const externalId = newName("org");
    const person = newPerson();
    const membership = membershipOf(externalId, person);
    const early = await tell("organizationMembership.created", membership, 2_000, `msg_${externalId}`);
    expect([early.status, early.body.code]).toEqual([503, "unavailable"]);
    expect((await tell("organization.created", organizationAt(externalId, "Acme"), 1_000)).body.status).toBe("handled");
    expect((await tell("organizationMembership.created", membership, 2_000, `msg_${externalId}`)).body.status).toBe("handled");
  });

  it("is one member, however often and however many at once tell of it", async () => {
    const { externalId, orgId } = await newClerkOrganization();
    const membership = membershipOf(externalId, newPerson());
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => tell("organizationMembership.created", membership, 2_000, `msg_${externalId}`)),
    );
    const statuses = answers.map(({ status, body }) => `${status} ${body.status}`);
    expect(statuses.filter((status) => status === "200 handled")).toHaveLength(1);
    expect(statuses.filter((status) => status === "200 duplicate")).toHaveLength(99);
    expect(await membersOf(orgId)).toHaveLength(1);
    expect(await actionsOf(orgId)).toEqual(["organization.created", "member.added"]);
  });

  it("is one member too where different events tell of it at once", async () => {
    const { externalId, orgId } = await newClerkOrganization();
    const person = newPerson();
    const times = Array.from({ length: 8 }, (_, at) => 2_000 + at);
    const answers = await Promise.all(
      times.map(
        (at) =>
        tell(at === 2_000 ? "organizationMembership.created" : "organizationMembership.updated", membershipOf(externalId, person, at === 2_007 ? "org:admin" : "org:viewer"), at), // prettier-ignore
      ),
    );
    // What was overtaken more often than the Worker tries again is told again by Clerk.
    expect(answers.map(({ status }) => status).every((status) => status === 200 || status === 503)).toBe(true);
    await tell("organizationMembership.updated", membershipOf(externalId, person, "org:admin"), 2_007);
    expect(await shown(orgId)).toEqual([["admin", "active", person.email]]);
  });

  it("makes an active member of whoever was invited with the address", async () => {
    const { externalId, orgId } = await newClerkOrganization();
    const person = newPerson();
    await addMember({ orgId, email: person.email, name: "Invited", role: "viewer" });
    expect(await shown(orgId)).toEqual([["viewer", "invited", person.email]]);
    const upper = { ...person, email: person.email.toUpperCase() };
    expect((await tell("organizationMembership.created", membershipOf(externalId, upper, "org:operator"), 2_000)).body.status).toBe(
      "handled",
    );
    expect(await shown(orgId)).toEqual([["operator", "active", person.email]]);
    expect(await actionsOf(orgId)).toContain("member.joined");
    expect((await tell("organizationMembership.deleted", membershipOf(externalId, person), 3_000)).body.status).toBe("handled");
    expect((await membersOf(orgId))[0]?.status).toBe("removed");
  });

  it("keeps the newest role, whatever order the roles come in, and takes a lesser one from the next request on", async () => {
    const { externalId, orgId, address } = await newClerkOrganization();
    const person = newPerson();
    await tell("organizationMembership.created", membershipOf(externalId, person, "org:operator"), 2_000);
    const [member] = await membersOf(orgId);
    const signedIn = await startSessionOf({ orgId, address }, { memberId: member?.id ?? "", email: person.email });
    expect((await signedIn.call("POST", "/v1/agents", { externalId: "a", name: "A" })).status).toBe(201);
    expect((await tell("organizationMembership.updated", membershipOf(externalId, person, "org:viewer"), 4_000)).body.status).toBe(
      "handled",
    );
    expect((await signedIn.call("POST", "/v1/agents", { externalId: "b", name: "B" })).status).toBe(403);
    expect((await tell("organizationMembership.updated", membershipOf(externalId, person, "org:owner"), 3_000)).body.status).toBe("stale");
    expect(await shown(orgId)).toEqual([["viewer", "active", person.email]]);
  });

  it("gives nobody a role that is not ours, and takes what they had from whoever gets one", async () => {
    const { externalId, orgId } = await newClerkOrganization();
    const [stranger, known] = [newPerson(), newPerson()];
    expect((await tell("organizationMembership.created", membershipOf(externalId, stranger, "org:king"), 2_000)).body.status).toBe(
      "ignored",
    );
    expect(await membersOf(orgId)).toEqual([]);
    await tell("organizationMembership.created", membershipOf(externalId, known, "org:member"), 2_000);
    expect(await shown(orgId)).toEqual([["viewer", "active", known.email]]);
    await tell("organizationMembership.updated", membershipOf(externalId, known, "org:king"), 3_000);
    expect(await shown(orgId)).toEqual([["viewer", "removed", known.email]]);
    await tell("organizationMembership.updated", membershipOf(externalId, known, "basic_member"), 4_000);
    expect(await shown(orgId)).toEqual([
      ["viewer", "removed", known.email],
      ["viewer", "active", known.email],
    ]);
  });
});

describe("the end of a membership", () => {
  it("ends the person's sessions before Clerk has its answer, and no late event brings them back", async () => {
    const { externalId, orgId, address } = await newClerkOrganization();
    const person = newPerson();
    await tell("organizationMembership.created", membershipOf(externalId, person), 2_000);
    const [member] = await membersOf(orgId);
    const signedIn = await startSessionOf({ orgId, address }, { memberId: member?.id ?? "", email: person.email });
    expect((await signedIn.call("GET", "/v1/agents")).status).toBe(200);
    expect((await tell("organizationMembership.deleted", membershipOf(externalId, person), 4_000)).body.status).toBe("handled");
    expect((await signedIn.call("GET", "/v1/agents")).status).toBe(401);
    expect((await tell("organizationMembership.updated", membershipOf(externalId, person, "org:owner"), 3_000)).body.status).toBe("stale");
    expect(await shown(orgId)).toEqual([["operator", "removed", person.email]]);
    expect((await tell("organizationMembership.created", membershipOf(externalId, person, "org:viewer"), 5_000)).body.status).toBe(
      "handled",
    );
    expect(await shown(orgId)).toEqual([
      ["operator", "removed", person.email],
      ["viewer", "active", person.email],
    ]);
    expect((await signedIn.call("GET", "/v1/agents")).status).toBe(401);
  });

  it("holds although it is told before the beginning", async () => {
    const { externalId, orgId } = await newClerkOrganization();
    const person = newPerson();
    expect((await tell("organizationMembership.deleted", membershipOf(externalId, person), 4_000)).body.status).toBe("handled");
    expect((await tell("organizationMembership.created", membershipOf(externalId, person), 2_000)).body.status).toBe("stale");
    expect(await membersOf(orgId)).toEqual([]);
  });

  it.each([
    ["is away", "down", "handled"],
    ["dies after it has written", "after_commit", "duplicate"],
  ] as const)("ends sessions although the database %s, and is written once when Clerk tells it again", async (_, mode, second) => {
    const { externalId, orgId, address } = await newClerkOrganization();
    const person = newPerson();
    await tell("organizationMembership.created", membershipOf(externalId, person), 2_000);
    const [member] = await membersOf(orgId);
    const signedIn = await startSessionOf({ orgId, address }, { memberId: member?.id ?? "", email: person.email });
    expect((await signedIn.call("GET", "/v1/agents")).status).toBe(200);
    const leave = () => tell("organizationMembership.deleted", membershipOf(externalId, person), 4_000, `msg_${externalId}`);
    // It is read, and then not written.
    await failDatabase(orgId, mode, 1, 1);
    expect((await leave()).status).toBe(503);
    expect((await signedIn.call("GET", "/v1/agents")).status).toBe(401);
    await failDatabase(orgId, "none");
    expect((await leave()).body.status).toBe(second);
    expect((await membersOf(orgId))[0]?.status).toBe("removed");
    expect((await actionsOf(orgId)).filter((action) => action === "member.removed")).toHaveLength(1);
  });

  it("is everybody's where the organization ends: their sessions die, and what it did stays", async () => {
    const { externalId, orgId, address } = await newClerkOrganization();
    const people = [newPerson(), newPerson(), newPerson()];
    for (const person of people) await tell("organizationMembership.created", membershipOf(externalId, person, "org:owner"), 2_000);
    const sessions = await Promise.all(
      (await membersOf(orgId)).map(({ id, email }) => startSessionOf({ orgId, address }, { memberId: id, email: email ?? "" })),
    );
    for (const session of sessions) expect((await session.call("GET", "/v1/agents")).status).toBe(200);
    const id = `msg_${externalId}`;
    const close = () => tell("organization.deleted", { object: "organization", id: externalId, deleted: true }, 9_000, id);
    expect((await close()).body.status).toBe("handled");
    for (const session of sessions) expect((await session.call("GET", "/v1/agents")).status).toBe(401);
    expect((await shown(orgId)).map(([, status]) => status)).toEqual(["removed", "removed", "removed"]);
    expect((await close()).body.status).toBe("duplicate");
    expect((await tell("organizationMembership.created", membershipOf(externalId, newPerson()), 8_000)).body.status).toBe("stale");
    expect((await actionsOf(orgId)).filter((action) => action === "organization.closed")).toHaveLength(1);
  });
});
