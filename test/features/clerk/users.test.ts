import { describe, expect, it, vi } from "vitest";
import { commitTo } from "../../../src/crypto/commitment.ts";
import { failDatabase, ownerSees } from "../../support/harness.ts";
import { startSessionOf } from "../../support/people.ts";
import { actionsOf, membersOf, membershipOf, newClerkOrganization, newPerson, tell, userAt } from "./clerk-world.ts";

type Person = ReturnType<typeof newPerson>;

/** Organizations that the person is a member of, as of time 2,000. */
const organizationsOf = (person: Person, count: number) =>
  Promise.all(
    Array.from({ length: count }, async () => {
      const made = await newClerkOrganization();
      await tell("organizationMembership.created", membershipOf(made.externalId, person), 2_000);
      const [member] = await membersOf(made.orgId);
      return { ...made, memberId: member?.id ?? "" };
    }),
  );
const namesIn = async (orgId: string) => (await membersOf(orgId)).map(({ status, email, name }) => [status, email, name]);
const deletion = ({ userId }: Person) => ({ object: "user", id: userId, deleted: true });

describe("a person whose name or address changes at Clerk", () => {
  it("has the new ones in every organization, by the newest word", async () => {
    const person = newPerson();
    const [one, two] = await organizationsOf(person, 2);
    const changed: Person = { ...person, email: `New.${person.email}`, name: ["Grace", "Hopper"] };
    expect((await tell("user.updated", userAt(changed), 4_000)).body.status).toBe("handled");
    expect((await tell("user.updated", userAt({ ...changed, name: ["Old", "Name"] }), 3_000)).body.status).toBe("stale");
    for (const { orgId = "" } of [one ?? {}, two ?? {}]) {
      expect(await namesIn(orgId)).toEqual([["active", changed.email.toLowerCase(), "Grace Hopper"]]);
      const [event] = await ownerSees("select commitment from audit_events where org_id = $1 and action = 'member.profile_changed'", orgId);
      const [member] = await membersOf(orgId);
      expect(event?.commitment).toBe(await commitTo(member?.salt ?? "", { email: changed.email.toLowerCase(), name: "Grace Hopper" }));
    }
  });

  it("and who is a member of nothing here, is no concern of ours", async () => {
    expect((await tell("user.updated", userAt(newPerson()), 4_000)).body.status).toBe("ignored");
  });
});

describe("a person who is deleted at Clerk", () => {
  it("leaves every organization and every name, also where one of them cannot be written at first", async () => {
    const person = newPerson();
    const [one, two, three] = await organizationsOf(person, 3);
    if (one === undefined || two === undefined || three === undefined) throw new Error("three were asked for");
    // Left one before: what names them there was kept.
    await tell("organizationMembership.deleted", membershipOf(three.externalId, person), 3_000);
    expect(await namesIn(three.orgId)).toEqual([["removed", person.email, person.name?.join(" ")]]);
    const sessions = await Promise.all([one, two].map((at) => startSessionOf(at, { memberId: at.memberId, email: person.email })));
    const leave = () => tell("user.deleted", deletion(person), 5_000, `msg_${person.userId}`);
    await failDatabase(two.orgId, "down");
    expect((await leave()).status).toBe(503);
    expect(await namesIn(one.orgId)).toEqual([["removed", null, null]]);
    expect(await namesIn(three.orgId)).toEqual([["removed", null, null]]);
    expect(await namesIn(two.orgId)).toEqual([["active", person.email, person.name?.join(" ")]]);
    await failDatabase(two.orgId, "none");
    expect((await leave()).body.status).toBe("handled");
    expect(await namesIn(two.orgId)).toEqual([["removed", null, null]]);
    expect((await leave()).body.status).toBe("duplicate");
    for (const session of sessions) expect((await session.call("GET", "/v1/agents")).status).toBe(401);
    for (const { orgId } of [one, two]) expect((await actionsOf(orgId)).filter((action) => action === "member.removed")).toHaveLength(1);
    expect((await actionsOf(three.orgId)).at(-1)).toBe("member.profile_erased");
  });

  it("does not come back with an event that comes late, nor does what names them", async () => {
    const person = newPerson();
    const { externalId, orgId } = await newClerkOrganization();
    expect((await tell("user.deleted", deletion(person), 5_000)).body.status).toBe("handled");
    expect((await tell("organizationMembership.created", membershipOf(externalId, person), 4_000)).body.status).toBe("stale");
    expect(await membersOf(orgId)).toEqual([]);
  });
});

describe("what is logged of an event", () => {
  it("holds no name, no address and nothing else of its body", async () => {
    const lines: string[] = [];
    const spies = (["log", "info", "warn", "error", "debug"] as const).map((level) =>
      vi.spyOn(console, level).mockImplementation((...parts: unknown[]) => void lines.push(parts.map(String).join(" "))),
    );
    const person = newPerson();
    const { externalId } = await newClerkOrganization();
    await tell("organizationMembership.created", membershipOf(externalId, person), 2_000);
    await tell("user.updated", userAt({ ...person, email: `new.${person.email}` }), 3_000);
    await tell("organizationMembership.created", { ...membershipOf(externalId, person), role: 7 }, 3_000);
    await tell("organizationMembership.deleted", membershipOf(externalId, newPerson()), 3_000);
    for (const spy of spies) spy.mockRestore();
    const requests = lines.filter((line) => line.includes('"operation":"clerk.webhook"'));
    expect(requests.length).toBeGreaterThanOrEqual(5);
    const all = lines.join("\n");
    for (const secret of [person.email, "Ada", person.name?.[1] ?? "-", "Acme", "organization_membership"])
      expect(all).not.toContain(secret);
  });
});
