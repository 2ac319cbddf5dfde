import type { Operation } from "../../http/operation.ts";
import { atomicAmount } from "../../payments/prices.ts";
import { usdcDecimals, type PaymentSettings } from "../../payments/settings.ts";
import type { PriceListView } from "./schemas.ts";

/** The payable operations of the table with their prices, and where they are paid; without settings, nowhere. */
export const listPrices = (operations: readonly Operation[], payments: PaymentSettings | undefined): PriceListView => ({
  configured: payments !== undefined,
  x402Version: 2,
  scheme: "exact",
  currency: "USDC",
  networks: (payments?.networks ?? []).map(({ network, asset, assetName, assetVersion, decimals, payTo }) => ({
    network,
    asset,
    assetName,
    assetVersion,
    decimals,
    payTo,
  })),
  prices: operations.flatMap(({ id: operation, summary, method, path, access }) =>
    access.mode === "payable"
      ? [
          {
            operation,
            summary,
            method: methods[method],
            path,
            price: access.price,
            amount: atomicAmount(access.price, usdcDecimals),
            scope: access.scope,
          },
        ]
      : [],
  ),
});

const methods = { get: "GET", post: "POST", put: "PUT", patch: "PATCH", delete: "DELETE" } as const;
