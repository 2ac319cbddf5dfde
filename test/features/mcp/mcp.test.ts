import { describe, expect, it } from "vitest";
import { createOrganization } from "../../support/organization.ts";
import { register } from "../agents/register.ts";
import { connect, connectOld } from "./clients.ts";

describe("official clients", () => {
  it.each(["2026-07-28", "2025-11-25"] as const)("of %s list the tools, call one and read a resource", async (revision) => {
    const org = await createOrganization();
    const agent = await register(org);
    const client = await connect(org, revision);
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toContain("get_agent");
    const result = await client.callTool({ name: "get_agent", arguments: { agentId: agent.id } });
    expect(result.structuredContent).toMatchObject({ id: agent.id });
    const { resources } = await client.listResources();
    expect(resources).toHaveLength(3);
    const read = await client.readResource({ uri: `armalo://agents/${agent.id}/score` });
    expect(JSON.stringify(read.contents)).toContain("insufficient_evidence");
  });

  it("of the older kit do the same", async () => {
    const org = await createOrganization();
    const agent = await register(org);
    const client = await connectOld(org);
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toContain("get_agent");
    const result = await client.callTool({ name: "get_agent", arguments: { agentId: agent.id } });
    expect(result.structuredContent).toMatchObject({ id: agent.id });
  });
});
