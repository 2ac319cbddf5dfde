import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { ownerSees, roundTrips } from "../../support/harness.ts";
import { createOrganization, type TestOrganization } from "../../support/organization.ts";

const argumentsSchema = {
  type: "object",
  properties: { sku: { type: "string" }, quantity: { type: "integer" } },
  required: ["sku", "quantity"],
};
const discover = (org: TestOrganization, body: object) => org.call("POST", "/v1/capabilities/discover-tools", body);
const urlOf = (server: string) => `${env.UPSTREAM_URL}/${server}/${crypto.randomUUID()}`;

describe("the tools of an upstream MCP server", () => {
  it.each(["mcp", "session"])("are told with the digest to pin (/%s), and pinned by it", async (server) => {
    const org = await createOrganization();
    const url = urlOf(server);
    const found = await discover(org, { url, credential: { header: "x-api-key", value: "secret_of_discovery" } });
    expect(found.body).toMatchObject({ url, tools: [{ name: "add_order", description: "Adds an order." }, { name: "other" }] });
    expect(await roundTrips(found.requestId)).toBe(1);
    const [{ digest: toolDigest }] = found.body.tools;
    const definition = { kind: "mcp", url, tool: "add_order", toolDigest, revision: found.body.revision, argumentsSchema };
    const made = await org.call("POST", "/v1/capabilities", { name: "Orders", description: "Adds orders.", definition });
    expect(made.status).toBe(201);
    const again = await discover(org, { capabilityId: made.body.id });
    expect(again.body.tools).toEqual(found.body.tools);
  });

  it("are read with a capability's own credential, which is logged as used and told to nobody", async () => {
    const org = await createOrganization();
    const url = urlOf("mcp");
    const definition = {
      ...{ kind: "mcp", url, tool: "add_order", toolDigest: `sha256:${"0".repeat(64)}`, argumentsSchema },
      credential: { header: "authorization", prefix: "Bearer " },
    };
    const made = await org.call("POST", "/v1/capabilities", {
      name: "Orders",
      description: "Adds.",
      definition,
      credentialValue: "sealed_secret",
    });
    await fetch(url.replace("/mcp/", "/tell/"), { method: "POST", body: JSON.stringify({ description: "You showed me sealed_secret." }) });
    const found = await discover(org, { capabilityId: made.body.id });
    expect(found.body.tools[0].description).toBe("You showed me [redacted].");
    expect(found.text).not.toContain("sealed_secret");
    const used = await ownerSees(
      "select kind, credential from security_events where org_id = $1 and kind = 'sealed_credential_used'",
      org.orgId,
    );
    expect(used).toEqual([{ kind: "sealed_credential_used", credential: made.body.id }]);
  });

  it("are not read of a place that we do not call, or with a header that is ours", async () => {
    const org = await createOrganization();
    for (const url of ["https://api.armalo.test/mcp", "http://10.0.0.1/mcp", "https://localhost/mcp"])
      expect((await discover(org, { url })).status).toBe(400);
    expect((await discover(org, { url: urlOf("mcp"), credential: { header: "host", value: "evil.example" } })).status).toBe(400);
  });

  it("are not read of another organization's capability, or of one that has none", async () => {
    const [org, other] = [await createOrganization(), await createOrganization()];
    const definition = { kind: "mcp", url: urlOf("mcp"), tool: "add_order", toolDigest: `sha256:${"0".repeat(64)}`, argumentsSchema };
    const made = await other.call("POST", "/v1/capabilities", { name: "Orders", description: "Adds.", definition });
    const http = { kind: "http", method: "GET", urlTemplate: `${env.UPSTREAM_URL}/orders/x`, argumentsSchema: { type: "object" } };
    const own = await org.call("POST", "/v1/capabilities", { name: "Orders", description: "Reads.", definition: http });
    for (const capabilityId of [made.body.id, own.body.id]) {
      const refused = await discover(org, { capabilityId });
      expect([refused.status, refused.body.errors[0].path]).toEqual([400, "body.capabilityId"]);
    }
  });

  it("are not there where no MCP server is", async () => {
    const refused = await discover(await createOrganization(), { url: urlOf("refuse") });
    expect([refused.status, refused.body.code]).toEqual([409, "state_conflict"]);
    expect(refused.body.errors[0].message).toContain("unexpected_answer");
  });
});
