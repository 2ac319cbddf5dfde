import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { openSystemDb } from "../../../src/access/system-principal.ts";
import { requireEnvironment } from "../../../src/env.ts";
import { updateDrifted } from "../../../src/features/capabilities/index.ts";
import { createOrganization, type TestOrganization } from "../../support/organization.ts";

const definition = {
  kind: "mcp",
  url: `${env.UPSTREAM_URL}/mcp/drift`,
  tool: "add_order",
  toolDigest: `sha256:${"0".repeat(64)}`,
  argumentsSchema: { type: "object" },
};
const seen = `sha256:${"1".repeat(64)}`;

const tellDrift = (org: TestOrganization, id: string, version: number) =>
  openSystemDb(requireEnvironment(env), org.orgId, "system:test").write(
    { action: "capability.drifted", resource: id, change: { seen }, answer: null },
    (db) => [updateDrifted(db, { id, version, digest: seen, at: new Date() })],
  );

describe("a tool that was seen to differ", () => {
  it("is told of its capability, until it is pinned again", async () => {
    const org = await createOrganization();
    const { id } = (await org.call("POST", "/v1/capabilities", { name: "Orders", description: "Adds.", definition })).body;
    await tellDrift(org, id, 1);
    expect((await org.call("GET", `/v1/capabilities/${id}`)).body.driftedDigest).toBe(seen);
    const pinned = await org.call("POST", `/v1/capabilities/${id}/versions`, { definition: { ...definition, toolDigest: seen } });
    expect(pinned.body).toMatchObject({ version: 2, driftedDigest: null });
    // A call of the version before, which was on its way: what is pinned now was not seen to differ.
    await tellDrift(org, id, 1);
    expect((await org.call("GET", `/v1/capabilities/${id}`)).body.driftedDigest).toBeNull();
  });

  it("is told also where the capability was retired meanwhile, and leaves it retired", async () => {
    const org = await createOrganization();
    const { id } = (await org.call("POST", "/v1/capabilities", { name: "Orders", description: "Adds.", definition })).body;
    await org.call("POST", `/v1/capabilities/${id}/retire`);
    await tellDrift(org, id, 1);
    expect((await org.call("GET", `/v1/capabilities/${id}`)).body).toMatchObject({ status: "retired", driftedDigest: seen });
  });
});
