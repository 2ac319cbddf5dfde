import { defineOperation } from "../../http/define-operation.ts";
import type { Operation } from "../../http/operation.ts";
import { listPrices } from "./list-prices.ts";
import { PriceList } from "./schemas.ts";

/** What is for sale. The table is handed in as a function, since this operation is part of it. */
export const priceOperations = (table: () => readonly Operation[]): Operation[] => [
  defineOperation({
    governance: "public-read",
    method: "get",
    access: { mode: "public" },
    id: "prices.list",
    tool: "list_prices",
    path: "/v1/prices",
    summary: "List what can be paid for by the call, and how",
    request: {},
    response: { status: 200, body: PriceList, anyOrigin: true, cacheControl: "public, max-age=60" },
    handle: async ({ env }) => listPrices(table(), env.payments),
  }),
];
