import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { operations } from "../../src/operations.ts";
import { challengeHeader, requirementsOf, settlementHeader } from "../../src/payments/challenge.ts";
import { atomicAmount } from "../../src/payments/prices.ts";
import { mostNetworks, type PaymentNetwork } from "../../src/payments/settings.ts";
import { decoded } from "../support/payments.ts";

const address = `0x${"Ab".repeat(20)}` as const;
/** As long as each of its fields may be. */
const longest: PaymentNetwork = {
  network: `eip155:${Number.MAX_SAFE_INTEGER}`,
  asset: address,
  assetName: "N".repeat(32),
  assetVersion: "V".repeat(8),
  decimals: 6,
  payTo: address,
  rpcUrl: "https://node.example.com",
  confirmations: 1,
};
const settings = { facilitatorUrl: "https://facilitator.example.com", facilitatorToken: undefined };

describe("a challenge", () => {
  it("stays under 3 KB with as many networks, as long an address and as long identifiers as there may be", () => {
    const origin = `https://${"o".repeat(63)}.${"r".repeat(63)}.example`;
    const payable = operations.filter(({ access }) => access.mode === "payable");
    expect(payable.length).toBeGreaterThanOrEqual(4);
    for (const { path, summary, access } of payable) {
      if (access.mode !== "payable") continue;
      const accepts = requirementsOf({ ...settings, networks: Array.from({ length: mostNetworks }, () => longest) }, access.price);
      const url = `${origin}${path.replaceAll(/\{\w+\}/g, `agt_${"0".repeat(22)}`)}`;
      const told = { error: "valid_for_too_long", url, description: summary, mimeType: "application/json", secret: "f".repeat(32) };
      const header = challengeHeader({ ...told, accepts });
      expect(header.length, path).toBeLessThan(3_072);
      expect(decoded(header).accepts).toEqual(accepts);
    }
  });

  it("has a requirement for each network, with the price in the token's own units", () => {
    const networks = [longest, { ...longest, network: "eip155:8453" as const, assetName: "USD Coin", assetVersion: "2" }];
    expect(requirementsOf({ ...settings, networks }, "0.01")).toEqual(
      networks.map(({ network, asset, payTo, assetName: name, assetVersion: version }) => ({
        scheme: "exact",
        network,
        amount: "10000",
        asset,
        payTo,
        maxTimeoutSeconds: 300,
        extra: { name, version },
      })),
    );
  });

  it("and a settlement are base64 of UTF-8 JSON", () => {
    const settlement = { success: true, payer: address, transaction: "0x1", network: "eip155:1" };
    expect(decoded(settlementHeader(settlement))).toEqual(settlement);
  });
});

describe("an amount", () => {
  it("is exact for every price of up to six decimals", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 18n }), (atomic) => {
        const [whole, fraction] = [atomic / 1_000_000n, String(atomic % 1_000_000n).padStart(6, "0")];
        expect(atomicAmount(`${Number(whole)}.${fraction}` as `${number}`, 6)).toBe(String(atomic));
      }),
    );
    expect(atomicAmount("1", 6)).toBe("1000000");
    expect(atomicAmount("0.3", 6)).toBe("300000");
  });

  it("is refused where the token cannot express it", () => {
    for (const price of ["0.0000001", "-1", "1e3", ".5", "1."]) expect(() => atomicAmount(price as `${number}`, 6)).toThrow(RangeError);
  });
});
