import { describe, expect, it } from "vitest";
import { createOrganization, type TestOrganization } from "../../support/organization.ts";
import { register } from "../agents/register.ts";
import { activePact } from "../pacts/pact-world.ts";
import { post, postModern } from "./clients.ts";

const as = (org: Pick<TestOrganization, "apiKey" | "address">) => ({
  authorization: `Bearer ${org.apiKey}`,
  "cf-connecting-ip": org.address,
});

describe("a client's message is refused, or trusted no further, that", () => {
  it.each([
    ["Mcp-Name", { "mcp-name": "get_agent" }],
    ["Mcp-Name, missing", { "mcp-name": "" }],
    ["Mcp-Method", { "mcp-method": "tools/list" }],
    ["MCP-Protocol-Version, missing", { "mcp-protocol-version": "" }],
  ])("says one thing in a header and another in its body: %s", async (_, headers) => {
    const org = await createOrganization();
    const { id: pactId } = await activePact(org);
    const answer = await postModern("tools/call", { name: "check_pact", arguments: { pactId, output: "x" } }, { ...as(org), ...headers });
    expect([answer.status, answer.body.error?.code]).toEqual([400, -32_020]);
    expect((await org.call("GET", `/v1/pacts/${pactId}/checks`)).body.items).toEqual([]);
  });

  it.each(["tools/list", "resources/list", "resources/templates/list"])(
    "asks for a page that no cursor of ours leads to: %s",
    async (method) => {
      const { body } = await postModern(method, { cursor: "zzz" }, as(await createOrganization()));
      expect(body.error).toMatchObject({ code: -32_602, message: "Not a cursor of this list" });
    },
  );

  it("names a session: nobody's is kept, or told", async () => {
    const [org, other] = [await createOrganization(), await createOrganization()];
    const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } };
    const begin = { jsonrpc: "2.0", id: 1, method: "initialize", params };
    const session = { "mcp-session-id": "chosen-by-somebody-else" };
    const begun = await post(begin, { ...as(org), ...session });
    expect([begun.status, begun.headers.get("mcp-session-id")]).toEqual([200, null]);
    const agent = await register(org);
    const ask = (asker: Pick<TestOrganization, "apiKey" | "address">) =>
      postModern("tools/call", { name: "get_agent", arguments: { agentId: agent.id } }, { ...as(asker), ...session });
    expect((await ask(org)).body.result.structuredContent.id).toBe(agent.id);
    expect((await ask(other)).body.result.structuredContent.code).toBe("not_found");
  });
});
