import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { requireEnvironment } from "../../../src/env.ts";
import { ledgerOf } from "../../../src/grants/ledger-client.ts";
import { ownerSees, roundTrips } from "../../support/harness.ts";
import { policyTerms, putInProduction } from "../../support/grants.ts";
import { approve, newProduction, type Invoking } from "../../support/invocations.ts";
import { signInAs } from "../../support/people.ts";

const ask = policyTerms({ id: "ask", effect: "require_approval", when: "true" });
const refund = { orderId: "o-1", amount: 5 };
const newAsking = (): Promise<Invoking> => newProduction({ terms: ask });
const approvalsOf = ({ org }: Invoking) =>
  ownerSees("select id, status, effect, consumed_by, reason from approvals where org_id = $1 order by created_at", org.orgId);
const eventsOf = async ({ org }: Invoking): Promise<unknown[]> =>
  (await ownerSees("select action from audit_events where org_id = $1 and action like 'approval.%' order by seq", org.orgId)).map(
    ({ action }) => action,
  );

describe("an invocation that needs an approval", () => {
  it("waits for a person, is sent once it was approved, and says so in its receipts and its approval", async () => {
    const some = await newAsking();
    const waiting = await some.invoke(refund);
    expect(waiting.body).toMatchObject({
      status: "pending",
      decision: "require_approval",
      reasons: ["approval_required"],
      ruleIds: ["ask"],
      effect: null,
      approval: { status: "pending", url: expect.stringContaining("/approvals/apr_") },
      receipt: { disposition: "blocked", effect: null },
    });
    expect((await some.sent()).calls).toEqual([]);
    const again = await some.invoke(refund);
    expect(again.body).toMatchObject({ status: "pending", approval: { id: waiting.body.approval.id } });
    await approve(some, waiting);
    const done = await some.invoke(refund);
    expect(done.body).toMatchObject({
      status: "executed",
      decision: "require_approval",
      reasons: ["approved"],
      effect: "confirmed",
      approval: null,
      receipt: { disposition: "executed", effect: "confirmed" },
    });
    expect(await roundTrips(done.requestId)).toBe(3);
    expect((await some.sent()).calls).toHaveLength(1);
    expect(await approvalsOf(some)).toMatchObject([{ status: "consumed", effect: "confirmed", consumed_by: done.body.invocationId }]);
    expect(await eventsOf(some)).toEqual([
      ...["approval.proposed", "approval.pending", "approval.approved", "approval.consumed", "approval.effect_confirmed"],
    ]);
    const [receipt] = await ownerSees("select statement from receipts where id = $1", done.body.receipt.id);
    const { predicate } = JSON.parse(atob(String(receipt?.["statement"]).split(".")[1]?.replaceAll("-", "+").replaceAll("_", "/") ?? ""));
    expect(predicate.policy.decision).toBe("require_approval");
    expect(predicate.approval.id).toBe(waiting.body.approval.id);
  });

  it("is told the first answer under its first Idempotency-Key, also once it was approved, and is sent under another one", async () => {
    const some = await newAsking();
    const waiting = await some.invoke(refund, { "idempotency-key": "asks" });
    await approve(some, waiting);
    expect((await some.invoke(refund, { "idempotency-key": "asks" })).body).toEqual(waiting.body);
    expect((await some.sent()).calls).toEqual([]);
    expect((await some.invoke(refund, { "idempotency-key": "acts" })).body.status).toBe("executed");
    expect((await some.sent()).calls).toHaveLength(1);
  });

  it("is asked for anew once its approval was used: each lets one call through", async () => {
    const some = await newAsking();
    const waiting = await some.invoke(refund);
    await approve(some, waiting);
    expect((await some.invoke(refund)).body.status).toBe("executed");
    const { body } = await some.invoke(refund);
    expect([body.status, body.approval.id === waiting.body.approval.id]).toEqual(["pending", false]);
    const named = await some.invoke(refund, {}, waiting.body.approval.id);
    expect(named.body).toMatchObject({ status: "denied", reasons: ["approval_not_usable"] });
  });

  it("is not sent with other arguments than those that were approved, which stay approved", async () => {
    const some = await newAsking();
    const waiting = await some.invoke(refund);
    await approve(some, waiting);
    const swapped = await some.invoke({ ...refund, amount: 5_000 }, {}, waiting.body.approval.id);
    expect(swapped.body).toMatchObject({ status: "denied", decision: "deny", reasons: ["approval_mismatch"] });
    expect((await some.sent()).calls).toEqual([]);
    expect(await approvalsOf(some)).toMatchObject([{ status: "approved" }]);
    expect((await some.invoke(refund, {}, waiting.body.approval.id)).body.status).toBe("executed");
  });

  it("is not sent with another grant's approval", async () => {
    const [some, other] = [await newAsking(), await newAsking()];
    const waiting = await other.invoke(refund);
    await approve(other, waiting);
    expect((await some.invoke(refund, {}, waiting.body.approval.id)).body).toMatchObject({
      status: "denied",
      reasons: ["approval_mismatch"],
    });
  });

  it("is not sent after the policy has changed: the approval ends, and a person is asked anew", async () => {
    const some = await newAsking();
    const waiting = await some.invoke(refund);
    await approve(some, waiting);
    await some.org.call("POST", `/v1/policies/${some.policyId}/versions`, { terms: { ...ask, approval: { expiresInSeconds: 60 } } });
    await some.operator.call("POST", `/v1/policies/${some.policyId}/activate`, { version: 2 });
    // The new version takes the grant out of production: nothing is sent, and nobody is asked.
    expect((await some.invoke(refund)).body).toMatchObject({ mode: "simulation", status: "simulated" });
    await putInProduction(some);
    const { body } = await some.invoke(refund);
    expect(body).toMatchObject({ mode: "production", status: "pending" });
    expect((await some.sent()).calls).toEqual([]);
    expect(await approvalsOf(some)).toMatchObject([
      { status: "invalidated", reason: "action_changed" },
      { status: "pending", id: body.approval.id },
    ]);
  });

  it("is not sent by an approval whose time is over", async () => {
    const some = await newAsking();
    const waiting = await some.invoke(refund);
    await approve(some, waiting);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 86_400_000 });
    try {
      const { body } = await some.invoke(refund, {}, waiting.body.approval.id);
      expect(body).toMatchObject({ status: "denied", reasons: ["approval_not_usable"] });
    } finally {
      vi.useRealTimers();
    }
    expect((await some.sent()).calls).toEqual([]);
  });

  it("is not sent by an approval whose time is over once the ledger has answered, late", async () => {
    const some = await newAsking();
    const waiting = await some.invoke(refund);
    await approve(some, waiting);
    const over = Date.parse(waiting.body.approval.expiresAt);
    const find = env.GRANT_LEDGER.get.bind(env.GRANT_LEDGER);
    const get = vi.spyOn(env.GRANT_LEDGER, "get").mockImplementation((id) => {
      const real = find(id);
      const propose = async (...args: Parameters<typeof real.propose>) => {
        const verdict = await real.propose(...args);
        vi.setSystemTime(over + 1_000);
        return verdict;
      };
      return new Proxy(real, { get: (target, name) => (name === "propose" ? propose : Reflect.get(target, name)) });
    });
    vi.useFakeTimers({ toFake: ["Date"], now: over - 5_000 });
    try {
      expect((await some.invoke(refund)).status).toBe(409);
    } finally {
      get.mockRestore();
      vi.useRealTimers();
    }
    expect((await some.sent()).calls).toEqual([]);
    expect(await approvalsOf(some)).toMatchObject([{ status: "approved", consumed_by: null }]);
    expect(await ledgerOf(requireEnvironment(env), some.org.orgId, some.grantId).standing()).toMatchObject({ unsettled: 0 });
  });

  it("is sent once, where a hundred come at once with one approval", async () => {
    const some = await newProduction({ terms: ask, grant: { ratePerMinute: 6_000 } });
    const waiting = await some.invoke(refund);
    await approve(some, waiting);
    const answers = await Promise.all(Array.from({ length: 100 }, () => some.invoke(refund, {}, waiting.body.approval.id)));
    const counted = Map.groupBy(answers, ({ status, body }) => `${status} ${body.status === 409 ? body.code : body.status}`);
    expect([...counted.keys()].filter((kind) => !["200 executed", "200 denied", "409 state_conflict"].includes(kind))).toEqual([]);
    expect(counted.get("200 executed")).toHaveLength(1);
    expect((await some.sent()).calls).toHaveLength(1);
    expect(await approvalsOf(some)).toMatchObject([{ status: "consumed", effect: "confirmed" }]);
    const detail = await some.operator.call("GET", `/v1/grants/${some.grantId}`);
    expect(detail.body).toMatchObject({ unsettled: 0, usage: { production: { total: 1 } } });
  });

  it("waits once, where many ask for the same at once", async () => {
    const some = await newProduction({ terms: ask, grant: { ratePerMinute: 6_000 } });
    const answers = await Promise.all(Array.from({ length: 8 }, () => some.invoke(refund)));
    expect(answers.map(({ body }) => body.status)).toEqual(answers.map(() => "pending"));
    expect(await approvalsOf(some)).toHaveLength(1);
  });

  it("is denied, and nobody is asked, where what would be shown is too long to be read", async () => {
    const properties = { orderId: { type: "string" }, note: { type: "string" } };
    const argumentsSchema = { type: "object", properties, required: ["orderId"] };
    const some = await newProduction({ terms: ask, definition: { argumentsSchema, cost: null } });
    const { body } = await some.invoke({ orderId: "o-1", note: "n".repeat(40_000) });
    expect(body).toMatchObject({ status: "denied", reasons: ["preview_too_large"] });
    expect(await approvalsOf(some)).toEqual([]);
  });

  it("stays with the person's denial: it is not sent, and a repetition asks anew", async () => {
    const some = await newAsking();
    const waiting = await some.invoke(refund);
    const person = await signInAs(some.org, "operator");
    const path = `/v1/approvals/${waiting.body.approval.id}`;
    const { previewDigest } = (await person.call("GET", path)).body;
    expect((await person.call("POST", `${path}/deny`, { previewDigest })).status).toBe(200);
    expect((await some.invoke(refund, {}, waiting.body.approval.id)).body).toMatchObject({
      status: "denied",
      reasons: ["approval_not_usable"],
    });
    expect((await some.sent()).calls).toEqual([]);
  });
});
