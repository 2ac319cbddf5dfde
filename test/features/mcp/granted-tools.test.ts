import { describe, expect, it } from "vitest";
import { policyTerms } from "../../support/grants.ts";
import { newInvoking, newProduction, type Invoking } from "../../support/invocations.ts";
import { connect } from "./clients.ts";

const scopes = ["grants:invoke", "grants:read", "receipts:read", "approvals:read"];
const refund = { orderId: "o-1", amount: 5 };

/** The agent's own key, as an MCP client brings it. */
async function agentOf({ org, agentId }: Invoking, given: readonly string[] = scopes) {
  const made = await org.call("POST", "/v1/keys", { name: "mcp", scopes: given, agentId });
  return { apiKey: made.body.key as string, address: org.address };
}
const toolOf = async ({ org, grantId }: Invoking): Promise<string> => (await org.call("GET", `/v1/grants/${grantId}`)).body.toolName;

describe("a granted capability", () => {
  it.each(["2026-07-28", "2025-11-25"] as const)("is a tool of the agent that holds it, in a client of %s", async (revision) => {
    const invoking = await newProduction();
    const client = await connect(await agentOf(invoking), revision);
    const name = await toolOf(invoking);
    const { tools } = await client.listTools();
    expect(tools.find((tool) => tool.name === name)).toMatchObject({
      description: expect.stringContaining("Pays an order back."),
      inputSchema: { type: "object", required: ["orderId", "amount"] },
      annotations: { readOnlyHint: false, destructiveHint: true, openWorldHint: true },
    });
    const result = await client.callTool({ name, arguments: refund });
    expect(result.isError, JSON.stringify(result)).toBeUndefined();
    expect(result.structuredContent).toMatchObject({ status: "executed", mode: "production", effect: "confirmed", result: expect.anything() });
    const receipt = result._meta?.["armalo/receipt"] as { id: string; digest: string };
    const kept = await invoking.org.call("GET", `/v1/receipts/${receipt.id}`);
    expect(kept.body).toMatchObject({ digest: receipt.digest, action: "grant.invoke" });
    expect((await invoking.sent()).calls).toHaveLength(1);
  });

  it("says in simulation that nothing was sent, and of a denial why", async () => {
    const invoking = await newInvoking({ terms: policyTerms({ id: "small", effect: "allow", when: "arguments.amount < 10.0" }) });
    const client = await connect(await agentOf(invoking), "2026-07-28");
    const name = await toolOf(invoking);
    const simulated = await client.callTool({ name, arguments: refund });
    expect(simulated.structuredContent).toMatchObject({ status: "simulated", label: "simulation: nothing was sent" });
    const denied = await client.callTool({ name, arguments: { ...refund, amount: 50 } });
    expect([denied.isError, denied.structuredContent]).toEqual([
      true,
      expect.objectContaining({ status: "denied", reasons: ["no_rule_matched"] }),
    ]);
    expect((await invoking.sent()).calls).toEqual([]);
  });
});
