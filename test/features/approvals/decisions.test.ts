import { beforeAll, describe, expect, it } from "vitest";
import { jsonDigest, sha256Digest } from "../../../src/crypto/digest.ts";
import { ownerSees, roundTrips } from "../../support/harness.ts";
import { createOrganization, type TestOrganization } from "../../support/organization.ts";
import { signInAs, type TestPerson } from "../../support/people.ts";
import { askApproval, expireGrant, newGrant, type TestGrant } from "../../support/approvals.ts";
import { addEndpoint, everyType, toldTo } from "../../webhooks/hook-world.ts";

let org: TestOrganization;
let grant: TestGrant;
let operator: TestPerson;
beforeAll(async () => {
  org = await createOrganization();
  grant = await newGrant(org);
  operator = await signInAs(org, "operator");
});

const pathOf = ({ id }: { id: string }, verb = ""): string => `/v1/approvals/${id}${verb}`;
const statusOf = async (approval: { id: string }): Promise<string> => (await org.call("GET", pathOf(approval))).body.status;
const eventsOf = (approval: { id: string }) =>
  ownerSees("select actor, action, change from audit_events where resource = $1 order by seq", approval.id);

describe("an approval", () => {
  it("is read with exactly the text that is decided on, and nobody's secret", async () => {
    const args = { sku: "a\u202eb", note: "zero\u200bwidth" };
    const approval = await askApproval(org, grant, { args });
    const { status, body, requestId } = await org.call("GET", pathOf(approval));
    expect(status).toBe(200);
    expect(body).toMatchObject({
      ...{ id: approval.id, grantId: grant.id, agentId: grant.agentId, status: "pending", fourEyes: false },
      ...{ decidedBy: null, decidedAt: null, note: null, reason: null, consumedBy: null, effect: null },
      url: `https://api.armalo.test/approvals/${approval.id}`,
      previewDigest: approval.previewDigest,
    });
    expect(body.preview).toContain(String.raw`Arguments: {"note":"zero\u{200B}width","sku":"a\u{202E}b"}`);
    expect(await sha256Digest(body.preview)).toBe(body.previewDigest);
    expect(await roundTrips(requestId)).toBe(1);
    const [stored] = await ownerSees("select sealed_preview from approvals where id = $1", approval.id);
    expect(atob(String(stored?.["sealed_preview"]))).not.toContain("Arguments");
  });

  it("is proposed, then pending, each an event behind the invocation's own", async () => {
    const approval = await askApproval(org, grant);
    expect((await eventsOf(approval)).map(({ action }) => action)).toEqual(["approval.proposed", "approval.pending"]);
  });

  it("waits once for one action, however often it is asked", async () => {
    const args = { sku: "once" };
    await askApproval(org, grant, { args });
    await expect(askApproval(org, grant, { args })).rejects.toMatchObject({ code: "state_conflict" });
    await expect(askApproval(org, grant, { args, under: "policy 2" })).resolves.toBeDefined();
  });
});

describe("a decision", () => {
  it("approves, as an event of the person's own in the log, in two round trips", async () => {
    const approval = await askApproval(org, grant);
    const { previewDigest } = approval;
    const answer = await operator.call("POST", pathOf(approval, "/approve"), { previewDigest, note: " Only this once. " });
    expect([answer.status, answer.body]).toMatchObject([
      200,
      { status: "approved", decidedBy: `member:${operator.memberId}`, note: "Only this once.", effect: null },
    ]);
    expect(await roundTrips(answer.requestId)).toBe(2);
    expect((await org.call("GET", pathOf(approval))).body).toMatchObject({ status: "approved", note: "Only this once." });
    const [, , decided] = await eventsOf(approval);
    const bound = {
      ...{ approvalId: approval.id, grantId: grant.id, agentId: grant.agentId, invocationId: approval.invocationId },
      ...{ actionDigest: approval.actionDigest, previewDigest, requestDigest: approval.requestDigest, fourEyes: false },
      expiresAt: approval.expiresAt.toISOString(),
    };
    // Who decided, on what text, for which action: this is the leaf that the transparency log proves.
    const change = await jsonDigest({ status: "approved", bound });
    expect(decided).toEqual({ actor: `member:${operator.memberId}`, action: "approval.approved", change });
    const [stored] = await ownerSees("select sealed_note from approvals where id = $1", approval.id);
    expect(atob(String(stored?.["sealed_note"]))).not.toContain("Only");
  });

  it("denies, which is final", async () => {
    const approval = await askApproval(org, grant);
    const body = { previewDigest: approval.previewDigest };
    expect((await operator.call("POST", pathOf(approval, "/deny"), body)).body).toMatchObject({ status: "denied", note: null });
    for (const verb of ["/approve", "/deny"]) {
      const again = await operator.call("POST", pathOf(approval, verb), body);
      expect([again.status, again.body.code, again.body.errors]).toEqual([
        409,
        "state_conflict",
        [{ path: "approvalId", message: "The approval is denied." }],
      ]);
    }
    expect((await eventsOf(approval)).map(({ action }) => action)).toEqual(["approval.proposed", "approval.pending", "approval.denied"]);
  });

  it("names the text that was read: another one decides nothing", async () => {
    const [approval, other] = [await askApproval(org, grant), await askApproval(org, grant)];
    for (const verb of ["/approve", "/deny"]) {
      const answer = await operator.call("POST", pathOf(approval, verb), { previewDigest: other.previewDigest });
      expect([answer.status, answer.body.errors]).toEqual([
        409,
        [{ path: "previewDigest", message: "This is not the digest of the approval's preview." }],
      ]);
      expect((await operator.call("POST", pathOf(approval, verb), {})).status).toBe(400);
    }
    expect(await statusOf(approval)).toBe("pending");
  });

  it("is no key's and no token's, whatever its scopes, nor a viewer's, nor a stranger's", async () => {
    const approval = await askApproval(org, grant);
    const body = { previewDigest: approval.previewDigest };
    const { accessToken } = (await org.call("POST", "/v1/access-tokens", {})).body;
    const viewer = await signInAs(org, "viewer");
    const stranger = await signInAs(await createOrganization(), "owner");
    for (const verb of ["/approve", "/deny"]) {
      const path = pathOf(approval, verb);
      const codes = [
        await org.call("POST", path, body),
        await org.call("POST", path, body, { authorization: `Bearer ${accessToken}` }),
        await viewer.call("POST", path, body),
        await stranger.call("POST", path, body),
      ].map(({ body: { code } }) => code);
      expect(codes, verb).toEqual(["person_needed", "person_needed", "forbidden", "not_found"]);
    }
    expect(await statusOf(approval)).toBe("pending");
  });

  it("is one person's, where many decide at the same moment", async () => {
    const approval = await askApproval(org, grant);
    const people = await Promise.all(Array.from({ length: 6 }, () => signInAs(org, "operator")));
    const body = { previewDigest: approval.previewDigest };
    const answers = await Promise.all(
      people.map((person, i) => person.call("POST", pathOf(approval, i % 2 === 0 ? "/approve" : "/deny"), body)),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409, 409, 409, 409]);
    expect((await eventsOf(approval)).length).toBe(3);
  });

  it("is not made for a grant that is revoked or expired", async () => {
    for (const end of [(id: string) => org.call("POST", `/v1/grants/${id}/revoke`), (id: string) => expireGrant(org.orgId, id)]) {
      const ended = await newGrant(org);
      const approval = await askApproval(org, ended);
      await end(ended.id);
      const body = { previewDigest: approval.previewDigest };
      const answer = await operator.call("POST", pathOf(approval, "/approve"), body);
      expect([answer.status, answer.body.errors]).toEqual([409, [{ path: "approvalId", message: "The grant is revoked or expired." }]]);
      expect((await operator.call("POST", pathOf(approval, "/deny"), body)).status).toBe(200);
    }
  });
});

describe("taking an approval back", () => {
  const boundKey = async (agentId: string): Promise<Record<string, string>> => {
    const scopes = ["approvals:read", "approvals:write"];
    const { key } = (await org.call("POST", "/v1/keys", { name: "agent", scopes, agentId })).body;
    return { authorization: `Bearer ${key}` };
  };

  it("is what any key with the scope may do before it is used, approved or not", async () => {
    const [waiting, approved] = [await askApproval(org, grant), await askApproval(org, grant)];
    await operator.call("POST", pathOf(approved, "/approve"), { previewDigest: approved.previewDigest });
    for (const approval of [waiting, approved]) {
      const answer = await org.call("POST", pathOf(approval, "/cancel"));
      expect([answer.status, answer.body.status]).toEqual([200, "cancelled"]);
      expect(await roundTrips(answer.requestId)).toBe(2);
      expect((await org.call("POST", pathOf(approval, "/cancel"))).status).toBe(409);
      expect((await operator.call("POST", pathOf(approval, "/approve"), { previewDigest: approval.previewDigest })).status).toBe(409);
    }
  });

  it("is the agent's own while nobody has decided, and never another agent's", async () => {
    const [mine, theirs] = [await boundKey(grant.agentId), await boundKey((await newGrant(org)).agentId)];
    const [waiting, approved] = [await askApproval(org, grant), await askApproval(org, grant)];
    await operator.call("POST", pathOf(approved, "/approve"), { previewDigest: approved.previewDigest });
    expect((await org.call("POST", pathOf(waiting, "/cancel"), undefined, theirs)).status).toBe(404);
    expect((await org.call("POST", pathOf(waiting, "/cancel"), undefined, mine)).status).toBe(200);
    expect((await org.call("POST", pathOf(approved, "/cancel"), undefined, mine)).status).toBe(409);
    expect(await statusOf(approved)).toBe("approved");
  });

  it("leaves an agent its own approvals alone to read, without what will be called", async () => {
    const other = await newGrant(org);
    const [own, foreign] = [await askApproval(org, grant), await askApproval(org, other)];
    const mine = await boundKey(grant.agentId);
    const seen = await org.call("GET", pathOf(own), undefined, mine);
    expect(seen.body).toMatchObject({ id: own.id, status: "pending", preview: null, previewDigest: own.previewDigest });
    expect(seen.text).not.toContain("shop.example");
    expect((await org.call("GET", pathOf(foreign), undefined, mine)).status).toBe(404);
    const { items } = (await org.call("GET", "/v1/approvals?limit=100", undefined, mine)).body;
    expect(items.length).toBeGreaterThan(0);
    for (const { agentId } of items) expect(agentId).toBe(grant.agentId);
    expect((await org.call("GET", `/v1/approvals?agentId=${other.agentId}`, undefined, mine)).status).toBe(404);
  });
});

it("lists by status, grant and agent, newest first, page by page", async () => {
  const own = await createOrganization();
  const [one, other] = [await newGrant(own), await newGrant(own)];
  const [first, second] = [await askApproval(own, one), await askApproval(own, one)];
  const third = await askApproval(own, other);
  await own.call("POST", pathOf(second, "/cancel"));
  const idsOf = async (query: string): Promise<string[]> => {
    const answer = await own.call("GET", `/v1/approvals${query}`);
    expect(await roundTrips(answer.requestId)).toBe(1);
    return answer.body.items.map(({ id }: { id: string }) => id);
  };
  expect(await idsOf("")).toEqual([third.id, second.id, first.id]);
  expect(await idsOf("?status=pending")).toEqual([third.id, first.id]);
  expect(await idsOf(`?status=cancelled&grantId=${one.id}`)).toEqual([second.id]);
  expect(await idsOf(`?grantId=${one.id}`)).toEqual([second.id, first.id]);
  expect(await idsOf(`?agentId=${other.agentId}`)).toEqual([third.id]);
  const page = (await own.call("GET", "/v1/approvals?limit=2")).body;
  expect(await idsOf(`?cursor=${page.nextCursor}`)).toEqual([first.id]);
  expect((await own.call("GET", "/v1/approvals?status=open")).status).toBe(400);
});

it("tells the organization's own systems of each step, in the step's own transaction", async () => {
  const own = await createOrganization();
  await addEndpoint(own, everyType);
  const person = await signInAs(own, "operator");
  const one = await newGrant(own);
  const [approved, denied] = [await askApproval(own, one), await askApproval(own, one)];
  await person.call("POST", pathOf(approved, "/approve"), { previewDigest: approved.previewDigest });
  await person.call("POST", pathOf(denied, "/deny"), { previewDigest: denied.previewDigest, note: "no" });
  await own.call("POST", pathOf(approved, "/cancel"));
  const told = (await toldTo(own)).filter(({ type }) => type.startsWith("approval."));
  expect(told.map(({ type, resource }) => [type, resource])).toEqual([
    ["approval.proposed", approved.id],
    ["approval.pending", approved.id],
    ["approval.proposed", denied.id],
    ["approval.pending", denied.id],
    ["approval.approved", approved.id],
    ["approval.denied", denied.id],
    ["approval.cancelled", approved.id],
  ]);
  for (const { type, action } of told) expect(action, "the event that it tells of").toBe(type);
  expect(told[4]?.data).toMatchObject({ approvalId: approved.id, decidedBy: person.memberId, actionDigest: approved.actionDigest });
});
