import { z } from "@hono/zod-openapi";

export const PriceList = z
  .object({
    configured: z.boolean().openapi({ description: "Whether this installation takes payments. If not, the operations need a credential." }),
    x402Version: z.literal(2),
    scheme: z.literal("exact"),
    currency: z.literal("USDC"),
    networks: z.array(
      z.object({
        network: z.string().openapi({ description: "CAIP-2.", example: "eip155:8453" }),
        asset: z.string().openapi({ description: "The token's contract." }),
        assetName: z.string(),
        assetVersion: z.string(),
        decimals: z.int(),
        payTo: z.string().openapi({ description: "Who receives the payments." }),
      }),
    ),
    prices: z.array(
      z.object({
        operation: z.string(),
        summary: z.string(),
        method: z.enum(["GET", "POST", "PUT", "PATCH", "DELETE"]),
        path: z.string(),
        price: z.string().openapi({ description: "For one call, in USDC.", example: "0.001" }),
        amount: z.string().openapi({ description: "The same in the token's smallest units.", example: "1000" }),
        scope: z.string().openapi({ description: "A credential with it pays nothing." }),
      }),
    ),
  })
  .openapi("PriceList");
export type PriceListView = z.input<typeof PriceList>;
