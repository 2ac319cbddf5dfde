import { describe, expect, it } from "vitest";
import { policyTerms } from "../../support/grants.ts";
import { newInvoking, newProduction, type Invoking } from "../../support/invocations.ts";
import { createOrganization } from "../../support/organization.ts";
import { signInAs } from "../../support/people.ts";
import { connect, postModern } from "./clients.ts";

const scopes = ["grants:invoke", "grants:read", "receipts:read", "approvals:read"];
const refund = { orderId: "o-1", amount: 5 };

/** The agent's own key, as an MCP client brings it. */
async function agentOf({ org, agentId }: Invoking, given: readonly string[] = scopes) {
  const made = await org.call("POST", "/v1/keys", { name: "mcp", scopes: given, agentId });
  return { apiKey: made.body.key, address: org.address };
}
/** Whatever shape a result has. */
const told = (value: unknown) => JSON.parse(JSON.stringify(value));
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
    expect(result.structuredContent).toMatchObject({
      status: "executed",
      mode: "production",
      effect: "confirmed",
      result: expect.anything(),
    });
    const receipt = told(result._meta?.["armalo/receipt"]);
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

describe("a tool of an agent", () => {
  it("is no other agent's, no organization's, and nobody's without its scope", async () => {
    const invoking = await newProduction();
    const name = await toolOf(invoking);
    const other = await invoking.org.call("POST", "/v1/agents", { externalId: "other", name: "Other" });
    const askers = [
      await agentOf({ ...invoking, agentId: other.body.id }),
      await agentOf(invoking, ["grants:read"]),
      invoking.org,
      await createOrganization(),
    ];
    for (const asker of askers) {
      const client = await connect(asker, "2026-07-28");
      expect((await client.listTools()).tools.map((tool) => tool.name)).not.toContain(name);
      await expect(client.callTool({ name, arguments: refund })).rejects.toThrow("Unknown tool");
    }
    expect((await invoking.sent()).calls).toEqual([]);
  });

  it("is gone with the next request once its grant is revoked", async () => {
    const invoking = await newProduction();
    const client = await connect(await agentOf(invoking), "2026-07-28");
    const name = await toolOf(invoking);
    await invoking.org.call("POST", `/v1/grants/${invoking.grantId}/revoke`);
    expect((await client.listTools()).tools.map((tool) => tool.name)).not.toContain(name);
    await expect(client.callTool({ name, arguments: refund })).rejects.toThrow("Unknown tool");
    expect((await invoking.sent()).calls).toEqual([]);
  });

  it("costs one call of the gate, and none of its calls is made twice for one key", async () => {
    const invoking = await newProduction();
    const { apiKey, address } = await agentOf(invoking);
    const headers = { authorization: `Bearer ${apiKey}`, "cf-connecting-ip": address };
    const params = { name: await toolOf(invoking), arguments: refund, _meta: { "armalo/idempotency-key": crypto.randomUUID() } };
    const left = (answer: { headers: Headers }): number => Number(answer.headers.get("x-ratelimit-remaining"));
    const [first, second] = [await postModern("tools/call", params, headers), await postModern("tools/call", params, headers)];
    expect(left(first) - left(second)).toBe(1);
    expect(second.body.result.structuredContent).toEqual(first.body.result.structuredContent);
    expect((await invoking.sent()).calls).toHaveLength(1);
  });

  it("never has the name of an operation's tool", async () => {
    const { org, agentId, capabilityId, policyId, operator } = await newInvoking();
    const answer = await operator.call("POST", "/v1/grants", { agentId, capabilityId, policyId, toolName: "get_score" });
    expect([answer.status, answer.body.errors?.[0]?.path]).toEqual([400, "body.toolName"]);
    expect((await org.call("GET", "/v1/grants")).body.items).toHaveLength(1);
  });
});

const asking = (): Promise<Invoking> => newProduction({ terms: policyTerms({ id: "ask", effect: "require_approval", when: "true" }) });

/** Somebody who had nothing to do with it decides. */
async function decide({ org }: Invoking, approvalId: string, verb: "approve" | "deny"): Promise<void> {
  const person = await signInAs(org, "operator");
  const { previewDigest } = (await person.call("GET", `/v1/approvals/${approvalId}`)).body;
  expect((await person.call("POST", `/v1/approvals/${approvalId}/${verb}`, { previewDigest })).status).toBe(200);
}

describe("a call that a person has to approve", () => {
  it("is pending, can be waited for, and is made once it was approved", async () => {
    const invoking = await asking();
    const client = await connect(await agentOf(invoking), "2025-11-25");
    const name = await toolOf(invoking);
    const pending = await client.callTool({ name, arguments: refund });
    expect(pending.isError).toBeUndefined();
    expect(pending.structuredContent).toMatchObject({
      status: "pending",
      approvalId: expect.stringMatching(/^apr_/),
      approvalUrl: expect.stringContaining("https://api.armalo.test/approvals/apr_"),
      pollAfterMs: expect.any(Number),
      advice: expect.stringContaining("another idempotency key"),
    });
    const { approvalId } = told(pending.structuredContent);
    const still = await client.callTool({ name: "approval_wait", arguments: { approvalId, seconds: 0 } });
    expect(still.structuredContent).toMatchObject({ status: "pending" });
    const waiting = client.callTool({ name: "approval_wait", arguments: { approvalId } });
    await decide(invoking, approvalId, "approve");
    expect((await waiting).structuredContent).toMatchObject({ status: "approved" });
    const done = await client.callTool({ name, arguments: refund });
    expect(done.structuredContent).toMatchObject({ status: "executed", decision: "require_approval", reasons: ["approved"] });
    expect((await invoking.sent()).calls).toHaveLength(1);
  });

  it("waits no longer than a client does", async () => {
    const invoking = await asking();
    const client = await connect(await agentOf(invoking), "2026-07-28");
    const answer = await client.callTool({ name: "approval_wait", arguments: { approvalId: `apr_${"0".repeat(22)}`, seconds: 56 } });
    expect([answer.isError, answer.structuredContent]).toEqual([true, expect.objectContaining({ code: "invalid_request" })]);
  });

  it.each([
    ["approve", { status: "executed" }],
    ["deny", { status: "denied" }],
  ] as const)("shows its link through a client that can, and goes on by what the person said: %s", async (verb, ended) => {
    const invoking = await asking();
    const client = await connect(await agentOf(invoking), "2026-07-28", { capabilities: { elicitation: { url: {} } } });
    const shown: string[] = [];
    client.setRequestHandler("elicitation/create", async ({ params }) => {
      const url = "url" in params ? params.url : "";
      shown.push(url);
      await decide(invoking, url.split("/").at(-1) ?? "", verb);
      return { action: "accept" };
    });
    const meta = { "armalo/idempotency-key": crypto.randomUUID() };
    const done = await client.callTool({ name: await toolOf(invoking), arguments: refund, _meta: meta });
    expect(done.structuredContent).toMatchObject(ended);
    expect(done.isError).toBe(verb === "deny" ? true : undefined);
    expect(shown).toHaveLength(1);
    expect((await invoking.sent()).calls).toHaveLength(verb === "approve" ? 1 : 0);
  });

  it("is left pending where the link was not opened, and trusts no state that is another's, or another call's", async () => {
    const invoking = await asking();
    const { apiKey, address } = await agentOf(invoking);
    const headers = { authorization: `Bearer ${apiKey}`, "cf-connecting-ip": address };
    const _meta = { "io.modelcontextprotocol/clientCapabilities": { elicitation: { url: {} } } };
    const params = { name: await toolOf(invoking), arguments: refund, _meta };
    const first = await postModern("tools/call", params, headers);
    expect(first.body.result).toMatchObject({
      resultType: "input_required",
      inputRequests: { approval: { method: "elicitation/create" } },
    });
    const { requestState } = first.body.result;
    const declined = { requestState, inputResponses: { approval: { action: "decline" } } };
    const left = await postModern("tools/call", { ...params, ...declined }, headers);
    expect(left.body.result.structuredContent).toMatchObject({ status: "pending" });
    const stranger = await agentOf(await asking());
    const refused = [
      await postModern("tools/call", { ...params, ...declined, arguments: { ...refund, amount: 6 } }, headers),
      await postModern("tools/call", { ...params, ...declined, requestState: `${requestState.slice(0, -2)}AA` }, headers),
      await postModern(
        "tools/call",
        { ...params, ...declined },
        { authorization: `Bearer ${stranger.apiKey}`, "cf-connecting-ip": stranger.address },
      ),
    ];
    for (const { body } of refused) expect([body.error?.code, body.error?.data]).toEqual([-32602, { reason: "invalid_request_state" }]);
    expect((await invoking.sent()).calls).toEqual([]);
  });
});
