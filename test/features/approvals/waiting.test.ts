import { beforeAll, describe, expect, it } from "vitest";
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
