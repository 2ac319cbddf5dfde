import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { roundTrips } from "../../support/harness.ts";
import { createOrganization, type TestOrganization } from "../../support/organization.ts";
import { signInAs } from "../../support/people.ts";
import { askApproval, newGrant, type TestGrant } from "../../support/approvals.ts";

let org: TestOrganization;
let grant: TestGrant;
beforeAll(async () => {
  org = await createOrganization();
  grant = await newGrant(org);
});

const waitFor = (approval: { id: string }, seconds: number | string) => org.call("GET", `/v1/approvals/${approval.id}?wait=${seconds}`);
/** Well before 55 seconds are over, however slow the machine is. */
const waitedOutMs = 30_000;
/** How long something takes, in milliseconds. */
async function timed<T>(work: Promise<T>): Promise<readonly [T, number]> {
  const startedAt = Date.now();
  return [await work, Date.now() - startedAt];
}

afterEach(() => void vi.restoreAllMocks());

describe("waiting for a decision", () => {
  it("says `pending` when nobody has decided by then, in a few reads", async () => {
    const [{ body, requestId }, ms] = await timed(waitFor(await askApproval(org, grant), 2));
    expect(body.status).toBe("pending");
    expect(ms).toBeGreaterThanOrEqual(1_900);
    // At once, after one second, and after two.
    expect(await roundTrips(requestId)).toBe(3);
  });

  it("ends at the next look after somebody has decided", async () => {
    const approval = await askApproval(org, grant);
    const operator = await signInAs(org, "operator");
    const waiting = timed(waitFor(approval, 55));
    await operator.call("POST", `/v1/approvals/${approval.id}/deny`, { previewDigest: approval.previewDigest, note: "too much" });
    const [{ body, requestId }, ms] = await waiting;
    expect(body).toMatchObject({ status: "denied", decidedBy: `member:${operator.memberId}`, note: "too much" });
    expect(ms).toBeLessThan(waitedOutMs);
    expect(await roundTrips(requestId)).toBeLessThanOrEqual(5);
  });

  it("ends when the approval's time is over, and calls that expired", async () => {
    const approval = await askApproval(org, grant, { expiresInSeconds: 1.5 });
    const [{ body }, ms] = await timed(waitFor(approval, 55));
    expect(body.status).toBe("expired");
    expect(ms).toBeLessThan(waitedOutMs);
  });

  it("is not for what is decided", async () => {
    const approval = await askApproval(org, grant);
    await org.call("POST", `/v1/approvals/${approval.id}/cancel`);
    const [{ body, requestId }, ms] = await timed(waitFor(approval, 55));
    expect(body.status).toBe("cancelled");
    expect(ms).toBeLessThan(waitedOutMs);
    expect(await roundTrips(requestId)).toBe(1);
  });

  it("keeps nobody longer than 55 seconds, and no stranger at all", async () => {
    const approval = await askApproval(org, grant);
    for (const wait of [56, -1, 1.5, "soon"]) expect((await waitFor(approval, wait)).status, String(wait)).toBe(400);
    const stranger = await createOrganization();
    const [{ status }, ms] = await timed(stranger.call("GET", `/v1/approvals/${approval.id}?wait=55`));
    expect(status).toBe(404);
    expect(ms).toBeLessThan(waitedOutMs);
  });
});

describe("whoever lost the right while waiting", () => {
  const deny = async (approval: { id: string; previewDigest: string }) => {
    const operator = await signInAs(org, "operator");
    await operator.call("POST", `/v1/approvals/${approval.id}/deny`, { previewDigest: approval.previewDigest, note: "too much" });
  };

  it("is told nothing: a key that was revoked meanwhile", async () => {
    const approval = await askApproval(org, grant);
    const { body } = await org.call("POST", "/v1/keys", { name: "waits", scopes: ["approvals:read"] });
    const waiting = org.call("GET", `/v1/approvals/${approval.id}?wait=55`, undefined, { authorization: `Bearer ${body.key}` });
    await scheduler.wait(300);
    await org.call("POST", `/v1/keys/${body.id}/revoke`);
    await deny(approval);
    const answer = await waiting;
    expect([answer.status, answer.body.code]).toEqual([401, "unauthenticated"]);
    expect(answer.text).not.toContain("too much");
  });

  it("is told nothing: a person who was removed meanwhile", async () => {
    const approval = await askApproval(org, grant);
    const [viewer, owner] = [await signInAs(org, "viewer"), await signInAs(org, "owner")];
    const waiting = viewer.call("GET", `/v1/approvals/${approval.id}?wait=2`);
    await scheduler.wait(300);
    expect((await owner.call("DELETE", `/v1/members/${viewer.memberId}`)).status).toBe(200);
    expect((await waiting).status).toBe(401);
  });

  it("is asked for by one more call of the gate, where the read waited, and by none where it did not", async () => {
    const approval = await askApproval(org, grant);
    await waitFor(approval, 0);
    const gate = vi.spyOn(env.GATE, "get");
    await waitFor(approval, 0);
    expect(gate).toHaveBeenCalledTimes(1);
    const { headers } = await waitFor(approval, 2);
    expect(gate).toHaveBeenCalledTimes(3);
    expect(headers.get("RateLimit")).toMatch(/^"plan";r=/);
  });
});
