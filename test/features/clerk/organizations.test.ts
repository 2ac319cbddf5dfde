import { describe, expect, it } from "vitest";
import { environmentOf } from "../../../src/features/clerk/organizations.ts";
import { ownerSees, roundTrips } from "../../support/harness.ts";
import { actionsOf, linkedOrganization, nameOf, newName, organizationAt, tell } from "./clerk-world.ts";

describe("an organization that Clerk tells of", () => {
  it("is made here once, on the free plan, with a data key of its own, by an audited transaction", async () => {
    const external = newName("org");
    const answer = await tell("organization.created", organizationAt(external, "Acme"), 1_000);
    expect([answer.status, answer.body], answer.text).toEqual([200, { status: "handled" }]);
    expect(await roundTrips(answer.requestId)).toBeLessThanOrEqual(3);
    const orgId = (await linkedOrganization(external)) ?? "";
    const [row] = await ownerSees("select name, plan, environment, wrapped_data_key from organizations where id = $1", orgId);
    expect(row).toMatchObject({ name: "Acme", plan: "free", environment: "live" });
    expect(String(row?.wrapped_data_key).length).toBeGreaterThan(40);
    const [event] = await ownerSees("select action, actor, seq, request_id from audit_events where org_id = $1", orgId);
    expect(event).toMatchObject({ action: "organization.created", actor: "provider:clerk", request_id: answer.requestId });
    expect(Number(event?.seq)).toBe(1);
  });

  it("is one, however many tell of it at once", async () => {
    const external = newName("org");
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => tell("organization.created", organizationAt(external, "Acme"), 1_000, `msg_${external}`)),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(answers.filter(({ body }) => body.status === "handled")).toHaveLength(1);
    expect(answers.filter(({ body }) => body.status === "duplicate")).toHaveLength(19);
    expect(await ownerSees("select org_id from provider_links where external_id = $1", external)).toHaveLength(1);
  });

  it("keeps the newest name, whatever order the names come in", async () => {
    const external = newName("org");
    await tell("organization.created", organizationAt(external, "First"), 1_000);
    expect((await tell("organization.updated", organizationAt(external, "Third"), 3_000)).body.status).toBe("handled");
    expect((await tell("organization.updated", organizationAt(external, "Second"), 2_000)).body.status).toBe("stale");
    const orgId = (await linkedOrganization(external)) ?? "";
    expect(await nameOf(orgId)).toBe("Third");
    expect(await actionsOf(orgId)).toEqual(["organization.created", "organization.renamed", "provider.event_handled"]);
  });

  it("ends with the newest name also where many come at once", async () => {
    const external = newName("org");
    await tell("organization.created", organizationAt(external, "0"), 1_000);
    const times = Array.from({ length: 8 }, (_, at) => at + 1);
    const answers = await Promise.all(times.map((at) => tell("organization.updated", organizationAt(external, String(at)), 1_000 + at)));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(await nameOf((await linkedOrganization(external)) ?? "")).toBe("8");
  });

  it("does not come to be once it has ended, although that was told first", async () => {
    const external = newName("org");
    expect((await tell("organization.deleted", { object: "organization", id: external, deleted: true }, 5_000)).body.status).toBe(
      "handled",
    );
    expect((await tell("organization.created", organizationAt(external, "Late"), 4_000)).body.status).toBe("stale");
    expect((await tell("organization.updated", organizationAt(external, "Late"), 4_500)).body.status).toBe("stale");
    expect(await linkedOrganization(external)).toBeUndefined();
  });

  it("is told again later where its renaming comes first", async () => {
    const external = newName("org");
    const early = await tell("organization.updated", organizationAt(external, "New"), 2_000, `msg_${external}`);
    expect([early.status, early.body.code]).toEqual([503, "unavailable"]);
    await tell("organization.created", organizationAt(external, "Old"), 1_000);
    expect((await tell("organization.updated", organizationAt(external, "New"), 2_000, `msg_${external}`)).body.status).toBe("handled");
    expect(await nameOf((await linkedOrganization(external)) ?? "")).toBe("New");
  });

  it("keeps its name once it is closed", async () => {
    const external = newName("org");
    await tell("organization.created", organizationAt(external, "Acme"), 1_000);
    expect((await tell("organization.deleted", { id: external, deleted: true }, 3_000)).body.status).toBe("handled");
    expect((await tell("organization.updated", organizationAt(external, "Late"), 2_000)).body.status).toBe("stale");
    const orgId = (await linkedOrganization(external)) ?? "";
    expect(await nameOf(orgId)).toBe("Acme");
    expect(await actionsOf(orgId)).toContain("organization.closed");
  });

  it("is a test organization where Clerk's instance is one of development", () => {
    expect(environmentOf("https://happy-ant-1.clerk.accounts.dev")).toBe("test");
    expect(environmentOf("https://clerk.example.com")).toBe("live");
    expect(environmentOf("https://clerk.accounts.dev.example.com")).toBe("live");
    expect(environmentOf("https://xclerk.accounts.dev")).toBe("live");
  });
});

describe("an event of another type", () => {
  it("is recorded as ignored, once, in the platform's organization", async () => {
    const id = newName("user");
    const first = await tell("session.created", { id: "sess_1", user_id: "user_1" }, 1_000, id);
    expect(first.body.status).toBe("ignored");
    expect((await tell("session.created", { id: "sess_1", user_id: "user_1" }, 1_000, id)).body.status).toBe("duplicate");
    const rows = await ownerSees("select org_id, type, outcome, subject from provider_events where event_id = $1", id);
    expect(rows).toEqual([{ org_id: "org_0000000000000000000000", type: "session.created", outcome: "ignored", subject: null }]);
  });
});

describe("an event that is signed and not as Clerk's are", () => {
  it("is refused with the names of its faults and nothing of its content", async () => {
    const answer = await tell("organization.created", { id: newName("org"), name: 7 }, 1_000);
    expect([answer.status, answer.body.code]).toEqual([400, "invalid_request"]);
    expect(answer.body.errors).toEqual([{ path: "body.name", message: "Not as expected." }]);
  });
});
