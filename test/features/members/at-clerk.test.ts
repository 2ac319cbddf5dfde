import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { roleScopes, type Role } from "../../../src/access/roles.ts";
import { openSystemDb } from "../../../src/access/system-principal.ts";
import type { Action } from "../../../src/audit/actions.ts";
import { requireEnvironment } from "../../../src/env.ts";
import { changeRole } from "../../../src/features/members/change-role.ts";
import { inviteMember } from "../../../src/features/members/invite-member.ts";
import { removeMember } from "../../../src/features/members/remove-member.ts";
import type { WriteContext } from "../../../src/http/operation.ts";
import { problem } from "../../../src/http/problem.ts";
import { newId } from "../../../src/platform/ids.ts";
import { eventsOf } from "../../audit/support.ts";
import { clerkSecretKey } from "../../support/clerk-secret.ts";
import { askForMember, linkProvider, ownerSees } from "../../support/harness.ts";
import { createOrganization, type TestOrganization } from "../../support/organization.ts";
import { signInAs, startSessionOf, type TestPerson } from "../../support/people.ts";
import { standIn } from "../../support/stand-in.ts";

// The verbs as an installation runs them whose people sign in with Clerk, against a stand-in for its Backend API.

const clerkEnv = requireEnvironment({
  ...env,
  SIGN_IN: "clerk",
  CLERK_ISSUER: "https://clerk.example.com",
  CLERK_AUTHORIZED_PARTIES: "https://app.example.com",
  CLERK_SECRET_KEY: clerkSecretKey,
  CLERK_WEBHOOK_SECRETS: `whsec_${btoa("0123456789abcdef0123456789abcdef")}`,
  CLERK_API_URL: env.CLERK_STAND_IN_URL,
} as typeof env);

type Acting = { readonly memberId: string };
let org: TestOrganization;
let owner: Acting;
let clerkOrg = "";

const newName = (kind: string): string => `${kind}${crypto.randomUUID().replaceAll("-", "")}`;
const newUser = () => newName("user_");

async function linked(kind: string): Promise<void> {
  clerkOrg = newName(`org_${kind}`);
  await linkProvider(org.orgId, "clerk", clerkOrg);
}

beforeEach(async () => {
  org = await createOrganization();
  owner = await askForMember({ orgId: org.orgId, role: "owner", externalId: newUser() });
});

/** What the pipeline would give a verb; `write` may be another one. */
function contextOf<A extends Action>(write?: () => Promise<never>, of = clerkEnv): WriteContext<A> {
  const { orgId } = org;
  const tenant = openSystemDb(of, orgId, `member:${owner.memberId}`);
  const role: Role = "owner";
  const session = { sessionId: "sess_1", startedAt: 0, endsAt: 1, scopes: roleScopes[role], cidrs: [], agentId: null, diesAt: null };
  const principal = {
    kind: "person",
    via: "clerk",
    role,
    memberId: owner.memberId,
    actor: `member:${owner.memberId}`,
    ...session,
  } as const;
  // Members' verbs need no sealed box.
  return standIn<WriteContext<A>>({
    env: of,
    now: new Date(),
    requestId: newId("request"),
    meter: { trips: 0, durationMs: 0 },
    waitUntil: () => undefined,
    principal,
    plan: "pro",
    environment: "live",
    tenant: write === undefined ? tenant : { ...tenant, write },
  });
}

const asked = async (): Promise<unknown> => (await fetch(`${env.CLERK_STAND_IN_URL}/asked/${clerkOrg}`)).json();
const rowOf = async (memberId: string) =>
  (await ownerSees("select role, status, external_id from members where org_id = $1 and id = $2", org.orgId, memberId))[0];
const inviteGrace = () => inviteMember(contextOf(), { email: "grace@example.com", name: "Grace", role: "operator" });
const colleague = async (role: Role, externalId: string | null = newUser()) => ({
  externalId,
  ...(await askForMember({ orgId: org.orgId, role, externalId })),
});

describe("a change of members where people sign in with Clerk", () => {
  it("is an invitation there first, by whoever invites; it is taken back there too", async () => {
    await linked("good");
    const { id } = await inviteGrace();
    const row = await rowOf(id);
    expect(row).toMatchObject({ role: "operator", status: "invited", external_id: expect.stringMatching(/^orginv_/) });
    await expect(changeRole(contextOf(), id, "viewer")).rejects.toMatchObject({ code: "state_conflict" });
    await removeMember(contextOf(), id);
    const inviter = await rowOf(owner.memberId);
    expect(await asked()).toEqual([
      {
        method: "POST",
        path: "invitations",
        body: { email_address: "grace@example.com", role: "org:operator", inviter_user_id: inviter?.["external_id"] },
      },
      { method: "POST", path: `invitations/${String(row?.["external_id"])}/revoke` },
    ]);
  });

  it("is another role, or an end, there first", async () => {
    await linked("good");
    const { memberId, externalId } = await colleague("viewer");
    await changeRole(contextOf(), memberId, "admin");
    expect(await rowOf(memberId)).toMatchObject({ role: "admin" });
    await removeMember(contextOf(), memberId);
    expect(await rowOf(memberId)).toMatchObject({ status: "removed" });
    expect(await asked()).toEqual([
      { method: "PATCH", path: `memberships/${externalId}`, body: { role: "org:admin" } },
      { method: "DELETE", path: `memberships/${externalId}` },
    ]);
  });

  it.each(["refusing", "silent"])("is a 503 and nothing here where Clerk is %s", async (kind) => {
    await linked(kind);
    const person = await colleague("viewer");
    const session = await startSessionOf(org, person);
    const before = await eventsOf(org);
    const tried = [inviteGrace(), changeRole(contextOf(), person.memberId, "admin"), removeMember(contextOf(), person.memberId)];
    for (const one of tried) await expect(one).rejects.toMatchObject({ code: "unavailable" });
    expect(await asked()).toHaveLength(3);
    expect(await rowOf(person.memberId)).toMatchObject({ role: "viewer", status: "active" });
    expect((await session.call("GET", "/v1/session")).status).toBe(200);
    expect(await eventsOf(org)).toEqual(before);
  });

  it("asks Clerk for nothing that the rules refuse, or that Clerk does not know of", async () => {
    await linked("good");
    const [admin, local] = [await colleague("admin"), await colleague("viewer", null)];
    await expect(removeMember(contextOf(), owner.memberId)).rejects.toMatchObject({ code: "state_conflict" });
    await expect(changeRole(contextOf(), admin.memberId, "admin")).rejects.toMatchObject({ code: "state_conflict" });
    await expect(inviteMember(contextOf(), { email: admin.email, name: null, role: "viewer" })).rejects.toMatchObject({
      code: "state_conflict",
    });
    await removeMember(contextOf(), local.memberId);
    expect(await asked()).toEqual([]);
  });

  it("is refused for an organization that is not linked to one of Clerk's", async () => {
    const { memberId } = await colleague("viewer");
    await expect(inviteGrace()).rejects.toMatchObject({ code: "state_conflict" });
    await expect(removeMember(contextOf(), memberId)).rejects.toMatchObject({ code: "state_conflict" });
    expect(await rowOf(memberId)).toMatchObject({ status: "active" });
  });

  it("takes an invitation back at Clerk where it could not be written here", async () => {
    await linked("good");
    const failing = contextOf<"member.invited">(() => Promise.reject(problem("unavailable", "the database is away")));
    await expect(inviteMember(failing, { email: "x@example.com", name: null, role: "viewer" })).rejects.toMatchObject({
      code: "unavailable",
    });
    expect(await asked()).toEqual([
      expect.objectContaining({ path: "invitations" }),
      { method: "POST", path: expect.stringMatching(/^invitations\/orginv_\w+\/revoke$/) },
    ]);
  });
});

describe("between the gate and the database", () => {
  const local = requireEnvironment(env);
  let person: TestPerson;
  beforeEach(async () => {
    person = await signInAs(org, "admin");
    expect((await person.call("GET", "/v1/session")).status).toBe(200);
  });
  const writes = (code: "unavailable" | "state_conflict") => () => Promise.reject(problem(code, "as the test wants it"));

  it("a removal holds in the gate though nobody knows whether the database has it", async () => {
    await expect(removeMember(contextOf(writes("unavailable"), local), person.memberId)).rejects.toMatchObject({ code: "unavailable" });
    expect((await person.call("GET", "/v1/session")).status).toBe(401);
    expect((await (await startSessionOf(org, person)).call("GET", "/v1/session")).status).toBe(401);
  });

  it("a removal that the database refuses has not happened: the member can sign in again", async () => {
    await expect(removeMember(contextOf(writes("state_conflict"), local), person.memberId)).rejects.toMatchObject({
      code: "state_conflict",
    });
    expect((await (await startSessionOf(org, person)).call("GET", "/v1/session")).body.role).toBe("admin");
  });

  it("a lesser role holds in the gate at once, and one that the database refuses is lifted", async () => {
    const lower = (fault: Parameters<typeof writes>[0]) => changeRole(contextOf(writes(fault), local), person.memberId, "viewer");
    const roleNow = async (): Promise<string> => (await person.call("GET", "/v1/session")).body.role;
    await expect(lower("state_conflict")).rejects.toMatchObject({ code: "state_conflict" });
    expect(await roleNow()).toBe("admin");
    await expect(lower("unavailable")).rejects.toMatchObject({ code: "unavailable" });
    expect(await roleNow()).toBe("viewer");
    // What the database may have done is not taken back with what it has refused.
    await expect(lower("state_conflict")).rejects.toMatchObject({ code: "state_conflict" });
    expect(await roleNow()).toBe("viewer");
  });

  it("a better role holds nowhere before the database has it", async () => {
    await expect(changeRole(contextOf(writes("unavailable"), local), person.memberId, "owner")).rejects.toMatchObject({
      code: "unavailable",
    });
    expect((await person.call("GET", "/v1/session")).body.role).toBe("admin");
  });
});
