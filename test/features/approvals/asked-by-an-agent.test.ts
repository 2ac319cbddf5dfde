import { describe, expect, it } from "vitest";
import { policyTerms } from "../../support/grants.ts";
import { ownerSees, roundTrips } from "../../support/harness.ts";
import { newProduction, type Invoking } from "../../support/invocations.ts";
import type { Answer } from "../../support/organization.ts";
import { signInAs, type TestPerson } from "../../support/people.ts";

// From the agent's call to its effect and back, over the API alone.

const asks = { id: "ask", effect: "require_approval", when: "true" };
const scopes = ["grants:invoke", "grants:read", "approvals:read", "approvals:write"];
const newAsking = (
  over: { approval?: object; behaviour?: string; definition?: Readonly<Record<string, unknown>> } = {},
): Promise<Invoking> => {
  const { approval = {}, ...rest } = over;
  return newProduction({ terms: { ...policyTerms(asks), approval }, scopes, ...rest });
};
const refund = { orderId: "o-1", amount: 5 };

/** The approval that a call asks for, as people read it. */
async function asked({ org, invoke }: Invoking, args: object = refund): Promise<Answer["body"]> {
  const { status, text, body } = await invoke(args);
  if (status !== 200 || body.status !== "pending") throw new Error(text);
  return (await org.call("GET", `/v1/approvals/${body.approval.id}`)).body;
}
const decide = (person: TestPerson, { id, previewDigest }: { id: string; previewDigest: string }, verb = "approve"): Promise<Answer> =>
  person.call("POST", `/v1/approvals/${id}/${verb}`, { previewDigest });
const statusOf = async ({ org }: Invoking, { id }: { id: string }): Promise<string> =>
  (await org.call("GET", `/v1/approvals/${id}`)).body.status;
const sentBy = async (it: Invoking): Promise<number> => (await it.sent()).calls.length;

describe("an agent that needs an approval", () => {
  it("waits for a person, does exactly what was shown, once, and is told what became of it", async () => {
    const it = await newAsking();
    const pending = await it.invoke(refund);
    const { id, url, status, pollAfterMs } = pending.body.approval;
    expect({ url, status }).toEqual({ url: `https://api.armalo.test/approvals/${id}`, status: "pending" });
    expect(pollAfterMs).toBeGreaterThan(0);
    const approval = (await it.org.call("GET", `/v1/approvals/${id}`)).body;
    expect(await sentBy(it), "nothing is sent before").toBe(0);
    expect(approval.preview).toMatch(
      /^Agent: "Support", version 1, agt_\w+\nCapability: "Refund an order [\w-]+", version 1, cap_\w+\nRequest: POST "/,
    );
    expect(approval.preview).toContain(
      '\nBody: {"amount":5}\nArguments: {"amount":5,"orderId":"o-1"}\nCost: 5 USD\nPolicy: "Refunds", version 1, pol_',
    );
    const waiting = it.asAgent("GET", `/v1/approvals/${id}?wait=30`);
    expect((await decide(it.operator, approval)).status).toBe(200);
    expect((await waiting).body.status).toBe("approved");
    const done = await it.invoke(refund);
    expect(done.body).toMatchObject({ status: "executed", effect: "confirmed", reasons: ["approved"] });
    expect(await sentBy(it)).toBe(1);
    expect((await it.org.call("GET", `/v1/approvals/${id}`)).body).toMatchObject({
      ...{ status: "consumed", effect: "confirmed", consumedBy: done.body.invocationId, decidedBy: `member:${it.operator.memberId}` },
    });
    expect(await roundTrips(done.requestId), "a read, the use of the approval, and what was done").toBe(3);
    const next = await it.invoke(refund);
    expect([next.body.status, next.body.approval.id === id]).toEqual(["pending", false]);
    expect(await sentBy(it)).toBe(1);
  });

  it("is shown what the upstream would be sent, as it would be sent", async () => {
    const it = await newAsking();
    const { preview } = await asked(it, { orderId: "o\u202e/1\u200b?x", amount: 5 });
    expect(preview).toMatch(/\nRequest: POST "http:\/\/[^"]+\/o%E2%80%AE%2F1%E2%80%8B%3Fx"\n/);
    expect(preview).toContain(String.raw`"orderId":"o\u{202E}/1\u{200B}?x"`);
  });

  it("asks once, however often it repeats itself meanwhile", async () => {
    const it = await newAsking();
    const answers = [await it.invoke(refund), await it.invoke(refund), ...(await Promise.all([it.invoke(refund), it.invoke(refund)]))];
    expect(answers.map(({ body }) => body.status)).toEqual(["pending", "pending", "pending", "pending"]);
    expect(new Set(answers.map(({ body }) => body.approval.id)).size).toBe(1);
  });

  it("cannot put other arguments under what was approved", async () => {
    const it = await newAsking();
    const approval = await asked(it);
    await decide(it.operator, approval);
    const swapped = await it.invoke({ ...refund, amount: 500 }, {}, approval.id);
    expect(swapped.body).toMatchObject({ status: "denied", decision: "deny" });
    expect(swapped.body.reasons).toContain("approval_mismatch");
    expect(await sentBy(it)).toBe(0);
    expect(await statusOf(it, approval)).toBe("approved");
  });

  it("cannot use what was approved under another policy", async () => {
    const it = await newAsking();
    const approval = await asked(it);
    await decide(it.operator, approval);
    const terms = policyTerms(asks, { id: "never", effect: "deny", when: "arguments.amount > 100.0" });
    await it.org.call("POST", `/v1/policies/${it.policyId}/versions`, { terms });
    expect((await it.operator.call("POST", `/v1/policies/${it.policyId}/activate`, { version: 2 })).status).toBe(200);
    const named = await it.invoke(refund, {}, approval.id);
    expect(named.body.status).toBe("denied");
    expect(await sentBy(it)).toBe(0);
  });

  it.each(["deny", "cancel"] as const)("does nothing with what people %s", async (verb) => {
    const it = await newAsking();
    const approval = await asked(it);
    if (verb === "deny") await decide(it.operator, approval, verb);
    else await it.org.call("POST", `/v1/approvals/${approval.id}/cancel`);
    expect((await it.invoke(refund, {}, approval.id)).body).toMatchObject({ status: "denied", reasons: ["approval_not_usable"] });
    expect(await sentBy(it)).toBe(0);
  });

  it("sends once where it repeats itself many times at the moment of the approval", async () => {
    const it = await newAsking();
    const approval = await asked(it);
    await decide(it.operator, approval);
    const answers = await Promise.all(Array.from({ length: 25 }, () => it.invoke(refund, {}, approval.id)));
    const executed = answers.filter(({ body }) => body.status === "executed");
    expect(executed).toHaveLength(1);
    expect(await sentBy(it)).toBe(1);
    expect((await it.org.call("GET", `/v1/approvals/${approval.id}`)).body).toMatchObject({
      ...{ status: "consumed", consumedBy: executed[0]?.body.invocationId, effect: "confirmed" },
    });
    const used = await ownerSees("select 1 from audit_events where resource = $1 and action = 'approval.consumed'", approval.id);
    expect(used).toHaveLength(1);
  });

  it("is never approved by its own key, by its owner where four eyes are asked for, or by time", async () => {
    const it = await newAsking({ approval: { fourEyes: true, expiresInSeconds: 60 } });
    const approval = await asked(it);
    const body = { previewDigest: approval.previewDigest };
    expect((await it.asAgent("POST", `/v1/approvals/${approval.id}/approve`, body)).body.code).toBe("person_needed");
    expect((await decide(it.operator, approval)).body.code, "who created the grant").toBe("four_eyes");
    expect((await decide(await signInAs(it.org, "viewer"), approval)).body.code).toBe("forbidden");
    expect(await statusOf(it, approval)).toBe("pending");
    expect((await decide(await signInAs(it.org, "operator"), approval)).body.status).toBe("approved");
  });

  it("is refused where what it asks for cannot be shown whole", async () => {
    const properties = { orderId: { type: "string" }, amount: { type: "number" }, note: { type: "string" } };
    const it = await newAsking({
      definition: { argumentsSchema: { type: "object", properties, required: ["orderId", "amount"], additionalProperties: false } },
    });
    const answer = await it.invoke({ ...refund, note: "\u200b".repeat(3_000) });
    expect(answer.body).toMatchObject({ status: "denied", reasons: ["preview_too_large"], approval: null });
    expect((await it.org.call("GET", "/v1/approvals")).body.items).toEqual([]);
  });

  it("leaves an approval whose effect nobody knows as that", async () => {
    const it = await newAsking({ behaviour: "boom" });
    const approval = await asked(it);
    await decide(it.operator, approval);
    const answer = await it.invoke(refund);
    const { status, effect } = (await it.org.call("GET", `/v1/approvals/${approval.id}`)).body;
    expect([status, effect]).toEqual(["consumed", answer.body.status]);
    expect(answer.body.status).toBe("unknown");
  });
});
