import { describe, expect, it } from "vitest";
import { askChain } from "../../support/harness.ts";
import { saleableOf } from "../../support/operation-rows.ts";
import { createOrganization } from "../../support/organization.ts";
import { balanceOf, decoded, newPayer, type Payer } from "../../support/payments.ts";
import { connect, connectOld } from "./clients.ts";

type Result = { readonly isError?: unknown; readonly structuredContent?: unknown; readonly content?: unknown; readonly _meta?: unknown };

/** The payment that x402's own client signs for a challenge, as it stands in `_meta`. */
async function payFor({ privateKey }: Payer, { structuredContent }: Result): Promise<Record<string, unknown>> {
  const required = btoa(JSON.stringify(structuredContent));
  return decoded((await askChain<{ header: string }>({ ask: "sign", privateKey, required })).header);
}

const world = async () => {
  const [owner, payer] = await Promise.all([createOrganization(), newPayer()]);
  const { agentId = "", pactId = "" } = await saleableOf(owner);
  return { owner, payer, agentId, pactId };
};

describe("a tool that can be paid for", () => {
  it.each(["2026-07-28", "2025-11-25"] as const)(
    "says its price to a client of %s without a credential, and answers once it is paid",
    async (revision) => {
      const { payer, agentId } = await world();
      const client = await connect(null, revision);
      const call = { name: "get_score", arguments: { agentId } };
      const asked = await client.callTool(call);
      expect(asked.isError).toBe(true);
      expect(asked.structuredContent).toMatchObject({
        x402Version: 2,
        error: "payment_required",
        resource: { url: `https://api.armalo.test/v1/agents/${agentId}/score` },
        accepts: [expect.objectContaining({ scheme: "exact", amount: "1000" })],
      });
      expect(asked.content).toEqual([{ type: "text", text: JSON.stringify(asked.structuredContent) }]);
      const before = await balanceOf(payer);
      const payment = await payFor(payer, asked);
      const paid = await client.callTool({ ...call, _meta: { "x402/payment": payment } });
      expect(paid.isError, JSON.stringify(paid)).toBeUndefined();
      expect(paid.structuredContent).toMatchObject({ agentId });
      expect(paid._meta?.["x402/payment-response"]).toMatchObject({ success: true, payer: payer.address.toLowerCase() });
      const again = await client.callTool({ ...call, _meta: { "x402/payment": payment } });
      expect(again.structuredContent).toEqual(paid.structuredContent);
      expect(before - (await balanceOf(payer))).toBe(1000);
    },
  );

  it("is paid for as one request: with other arguments the payment is refused, and nothing is done", async () => {
    const { owner, payer, pactId } = await world();
    const client = await connectOld(null);
    const call = { name: "check_pact", arguments: { pactId, output: "a", latencyMs: 5 } };
    const payment = await payFor(payer, await client.callTool(call));
    const paid = await client.callTool({ ...call, _meta: { "x402/payment": payment } });
    expect(paid.isError, JSON.stringify(paid)).toBeUndefined();
    const other = await client.callTool({ ...call, arguments: { ...call.arguments, output: "b" }, _meta: { "x402/payment": payment } });
    expect([other.isError, other.structuredContent]).toEqual([true, expect.objectContaining({ code: "payment_mismatch" })]);
    const turned = { latencyMs: 5, output: "a", pactId };
    const same = await client.callTool({ name: "check_pact", arguments: turned, _meta: { "x402/payment": payment } });
    expect(same.structuredContent).toEqual(paid.structuredContent);
    expect((await owner.call("GET", `/v1/pacts/${pactId}/checks`)).body.items).toEqual([]);
  });

  it("takes no payment beside a credential, none that is none, and none for what nobody sells", async () => {
    const { owner, payer, agentId } = await world();
    const nobody = await connect(null, "2026-07-28");
    const somebody = await connect(owner, "2026-07-28");
    const call = { name: "get_score", arguments: { agentId } };
    const payment = await payFor(payer, await nobody.callTool(call));
    const both = await somebody.callTool({ ...call, _meta: { "x402/payment": payment } });
    expect(both.structuredContent).toMatchObject({ code: "credential_conflict" });
    const odd = await nobody.callTool({ ...call, _meta: { "x402/payment": "AAAA" } });
    expect(odd.structuredContent).toMatchObject({ code: "invalid_request" });
    const hidden = await nobody.callTool({ name: "get_score", arguments: { agentId: `agt_${"0".repeat(22)}` } });
    expect(hidden.structuredContent).toMatchObject({ code: "not_found" });
    expect(await balanceOf(payer)).toBe(1_000_000);
  });
});
