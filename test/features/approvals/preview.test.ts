import { describe, expect, it } from "vitest";
import { sha256Digest } from "../../../src/crypto/digest.ts";
import { mostPreviewBytes, previewOf, type PreviewFacts } from "../../../src/features/approvals/preview.ts";

const facts: PreviewFacts = {
  capability: { id: "cap_1", name: "Orders", version: 3 },
  call: { kind: "http", method: "POST", url: "https://shop.example/v1/orders/A%20B?note=x", body: { sku: "a", qty: 2 } },
  arguments: { qty: 2, order: "A B", sku: "a", note: "x" },
  agent: { id: "agt_1", name: "Buyer", versionNumber: 7 },
  policy: { id: "pol_1", name: "Purchases", version: 2, ruleIds: ["large", "new-supplier"] },
  grant: { id: "grt_1" },
  cost: { micros: 12_500_000, currency: "EUR" },
};
const textOf = async (over: Partial<PreviewFacts> = {}): Promise<string> => {
  const preview = await previewOf({ ...facts, ...over });
  return preview.ok ? preview.text : expect.fail("refused");
};

describe("a preview", () => {
  it("says what will be done, by whom, under what and for how much, and has the digest of its bytes", async () => {
    const preview = await previewOf(facts);
    const text = `Agent: "Buyer", version 7, agt_1
Capability: "Orders", version 3, cap_1
Request: POST "https://shop.example/v1/orders/A%20B?note=x"
Body: {"qty":2,"sku":"a"}
Arguments: {"note":"x","order":"A B","qty":2,"sku":"a"}
Cost: 12.5 EUR
Policy: "Purchases", version 2, pol_1
Rules that ask for approval: ["large","new-supplier"]
Grant: grt_1
`;
    expect(preview).toEqual({ ok: true, text, digest: await sha256Digest(text) });
  });

  it("names an upstream tool, and says where there is no body or no cost", async () => {
    const tool = await textOf({ call: { kind: "mcp", url: "https://tools.example/mcp", tool: "place_order" }, cost: null });
    expect(tool).toContain('MCP server: "https://tools.example/mcp"\nTool: "place_order"\nArguments: ');
    expect(tool).toContain("\nCost: none\n");
    expect(await textOf({ call: { kind: "http", method: "GET", url: "https://a.example/", body: undefined } })).toContain("\nBody: none\n");
  });

  it.each([
    [0, "0 EUR"],
    [1, "0.000001 EUR"],
    [1_000_000, "1 EUR"],
    [10_000_001, "10.000001 EUR"],
    [9_000_000_000_000_000, "9000000000 EUR"],
  ])("writes %s millionths as %s", async (micros, amount) => {
    expect(await textOf({ cost: { micros, currency: "EUR" } })).toContain(`\nCost: ${amount}\n`);
  });

  it("cannot be given a line of its own by whoever names an agent, a tool or an argument", async () => {
    const forged = 'Buyer"\nCost: none\u2028Grant: grt_other\u202e';
    const honest = (await textOf()).split("\n").length;
    for (const over of [
      { agent: { ...facts.agent, name: forged } },
      { capability: { ...facts.capability, name: forged } },
      { policy: { ...facts.policy, name: forged } },
      { arguments: { [forged]: forged } },
      { call: { kind: "http", method: "POST", url: "https://shop.example/", body: forged } },
    ] as const) {
      const text = await textOf(over);
      expect(text.split(/[\n\r\u2028\u2029]/).length).toBe(honest);
      expect(text).toContain(String.raw`\u{2028}`);
      expect(text).toContain(String.raw`\u{202E}`);
    }
  });

  it("is whole or none: what would be over 32 KiB is refused", async () => {
    const room = mostPreviewBytes - (await textOf({ arguments: "" })).length;
    const fits = await previewOf({ ...facts, arguments: "a".repeat(room) });
    expect(fits.ok && fits.text.length).toBe(mostPreviewBytes);
    expect(await previewOf({ ...facts, arguments: "a".repeat(room + 1) })).toEqual({ ok: false });
    expect(await previewOf({ ...facts, arguments: "ä".repeat(Math.ceil(room / 2) + 1) }), "counted in bytes").toEqual({ ok: false });
  });
});
