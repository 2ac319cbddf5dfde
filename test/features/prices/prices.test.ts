import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { listPrices } from "../../../src/features/prices/list-prices.ts";
import { PriceList } from "../../../src/features/prices/schemas.ts";
import { operations } from "../../../src/operations.ts";
import { callApi } from "../../support/organization.ts";

describe("the price list", () => {
  it("says what each payable operation costs, where it is paid, and which scope makes it free", async () => {
    const { status, body, headers } = await callApi("GET", "/v1/prices");
    expect(status).toBe(200);
    const [{ asset, payTo }] = JSON.parse(env.X402_NETWORKS);
    expect(body).toMatchObject({
      configured: true,
      x402Version: 2,
      networks: [{ network: "eip155:84532", asset, assetName: "USDC", assetVersion: "2", decimals: 6, payTo }],
    });
    const price = (operation: string) => {
      const { summary: _, ...entry } = body.prices.find((one: { operation: string }) => one.operation === operation);
      return entry;
    };
    const entry = (operation: string, method: string, path: string, price: string, amount: string, scope: string) => ({
      operation,
      method,
      path,
      price,
      amount,
      scope,
    });
    const expected = [
      entry("scores.get", "GET", "/v1/agents/{agentId}/score", "0.001", "1000", "scores:read"),
      entry("trust.evidence", "GET", "/v1/trust/{agentId}/evidence", "0.001", "1000", "scores:read"),
      entry("pacts.verify", "POST", "/v1/pacts/{pactId}/verify", "0.002", "2000", "pacts:verify"),
      entry("judge_panels.ask", "POST", "/v1/judge-panels/{panelId}/ask", "0.01", "10000", "evals:write"),
    ];
    for (const one of expected) expect(price(one.operation)).toEqual(one);
    expect(body.prices).toHaveLength(expected.length);
    expect(JSON.stringify(body)).not.toContain("rpcUrl");
    expect(headers.get("access-control-allow-origin")).toBe("*");
  });

  it("says so where no payments are taken, and still what things would cost", () => {
    const list = PriceList.parse(listPrices(operations, undefined));
    expect(list).toMatchObject({ configured: false, networks: [] });
    expect(list.prices).toHaveLength(4);
  });
});
