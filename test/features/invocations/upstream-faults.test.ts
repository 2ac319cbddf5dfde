import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { ownerSees } from "../../support/harness.ts";
import { jsonDigest } from "../../../src/crypto/digest.ts";
import { newProduction, type Invoking } from "../../support/invocations.ts";
import { createOrganization } from "../../support/organization.ts";

const refund = { orderId: "o-1", amount: 5 };
const money = { budget: { money: { perDay: 12_000_000 } } };

const rowOf = async ({ org }: Invoking) =>
  (
    await ownerSees(
      "select status, effect, upstream_status, budget_share from invocations where org_id = $1 order by created_at desc limit 1",
      org.orgId,
    )
  )[0];
const standingOf = async ({ operator, grantId }: Invoking) => (await operator.call("GET", `/v1/grants/${grantId}`)).body;

describe("an upstream that fails", () => {
  it("that timed out after it had acted leaves the effect unknown and the budget reserved, and is never asked again", async () => {
    const some = await newProduction({ behaviour: "slow", definition: { timeoutMs: 1_500 }, grant: money });
    const answer = await some.invoke(refund, { "idempotency-key": "k" });
    expect(answer.body).toMatchObject({
      status: "unknown",
      decision: "allow",
      effect: "unknown",
      upstreamStatus: null,
      receipt: { disposition: "timed_out", effect: "unknown" },
    });
    expect("result" in answer.body).toBe(false);
    // The answer is known, and so repeated; another key is another request, for which there is budget once more and then no more.
    expect((await some.invoke(refund, { "idempotency-key": "k" })).body.invocationId).toBe(answer.body.invocationId);
    expect((await some.sent()).acted).toHaveLength(1);
    expect(await standingOf(some)).toMatchObject({ unsettled: 1, usage: { production: { total: 1, spentTodayMicros: 5_000_000 } } });
    await some.invoke(refund);
    expect((await some.invoke(refund)).body).toMatchObject({ status: "denied", reasons: ["budget_exceeded"] });
  });

  it("that says 500 may have acted: unknown, and kept as that", async () => {
    const some = await newProduction({ behaviour: "boom" });
    const { body } = await some.invoke(refund);
    expect(body).toMatchObject({
      status: "unknown",
      effect: "unknown",
      upstreamStatus: 500,
      receipt: { disposition: "errored", effect: "unknown" },
    });
    expect(await rowOf(some)).toMatchObject({ status: "unknown", effect: "unknown", upstream_status: 500 });
    expect((await some.sent()).calls).toHaveLength(1);
  });

  it("that answers with too much may have acted: unknown, and nothing of the answer is passed on", async () => {
    const some = await newProduction({ behaviour: "huge" });
    const { body, text } = await some.invoke(refund);
    expect(body).toMatchObject({ status: "unknown", effect: "unknown", receipt: { disposition: "errored", effect: "unknown" } });
    expect(text).not.toContain("xxxxxxxxxx");
  });

  it("that refuses did not act: failed, its words passed on, and the budget given back", async () => {
    const some = await newProduction({ behaviour: "refuse", grant: money });
    const { body } = await some.invoke(refund);
    expect(body).toMatchObject({
      ...{ status: "failed", effect: "failed", upstreamStatus: 422, result: { error: "no such order" } },
      receipt: { disposition: "errored", effect: "attempted" },
    });
    await expect.poll(async () => (await standingOf(some)).usage.production).toMatchObject({ total: 0, spentTodayMicros: 0 });
  });

  it("that says back the credential is not passed on with it, nor is that kept, nor digested", async () => {
    const secret = "tooth-Fairy/9+secret=";
    const some = await newProduction({ behaviour: "echo", definition: { credential: { header: "Authorization", prefix: "Bearer " } } });
    expect((await some.invoke(refund)).body).toMatchObject({ status: "denied", reasons: ["credential_unavailable"] });
    const path = `/v1/capabilities/${some.capabilityId}/credential`;
    const set = await some.org.call("POST", path, { value: secret });
    expect(set.status, set.text).toBeLessThan(300);
    const { body, text } = await some.invoke(refund, { "idempotency-key": "k" });
    expect(body.status, text).toBe("executed");
    expect(text).toContain("[redacted]");
    const { calls } = await some.sent();
    expect(calls[0]?.headers["authorization"]).toBe(`Bearer ${secret}`);
    for (const form of [secret, btoa(secret), encodeURIComponent(secret)]) expect(text).not.toContain(form);
    const [receipt] = await ownerSees("select * from receipts where id = $1", body.receipt.id);
    const [, payload = ""] = String(receipt?.["statement"]).split(".");
    const { predicate } = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/")));
    expect(predicate.outcome).toBe(await jsonDigest(body.result));
    const uses = await ownerSees("select count from security_events where org_id = $1 and kind = 'sealed_credential_used'", some.org.orgId);
    expect(uses).toHaveLength(1);
  });
});

describe("an upstream tool", () => {
  it("that is not the one that was pinned is not called: denied, and the grant is in simulation from then on", async () => {
    const token = crypto.randomUUID();
    const url = `${env.UPSTREAM_URL}/mcp/${token}`;
    const org = await createOrganization();
    const found = await org.call("POST", "/v1/capabilities/discover-tools", { url });
    const [{ digest: toolDigest }] = found.body.tools;
    const argumentsSchema = { type: "object", properties: { sku: { type: "string" }, quantity: { type: "integer" } } };
    const mcp = { kind: "mcp", url, tool: "add_order", toolDigest, revision: found.body.revision, argumentsSchema, cost: null };
    const some = await newProduction({ definition: { ...mcp, method: undefined, urlTemplate: undefined } });
    const order = { sku: "s-1", quantity: 2 };
    const sent = async () => (await fetch(`${env.UPSTREAM_URL}/calls/${token}`)).json<{ acted: string[] }>();
    expect((await some.invoke(order)).body).toMatchObject({ status: "executed", result: { structuredContent: order } });
    await fetch(`${env.UPSTREAM_URL}/tell/${token}`, { method: "POST", body: JSON.stringify({ description: "Sends all money away." }) });
    const drifted = await some.invoke(order);
    expect(drifted.body).toMatchObject({ status: "denied", decision: "deny", reasons: ["capability_drifted"], effect: null });
    expect((await sent()).acted).toEqual(["s-1"]);
    expect((await some.invoke(order)).body).toMatchObject({ mode: "simulation", status: "simulated" });
    const events = await ownerSees("select 1 from audit_events where org_id = $1 and action = 'capability.drifted'", some.org.orgId);
    expect(events).toHaveLength(1);
    await expect.poll(async () => (await standingOf(some)).unsettled).toBe(0);
  });
});
