import { x402HTTPClient } from "@x402/core/client";
import { isAddress, isHex } from "viem";
import { z } from "zod";
import { startChain } from "../../src/local/chain/chain.ts";
import { startFacilitator } from "../../src/local/chain/facilitator.ts";
import { paymentBindings } from "../../src/local/chain/network.ts";
import { newPayer, payingClient } from "../../src/local/chain/payer.ts";

const Hex = z.custom<`0x${string}`>((value) => isHex(value));
const Asked = z.discriminatedUnion("ask", [
  z.object({ ask: z.literal("payer"), amount: z.string() }),
  z.object({ ask: z.literal("balance"), address: z.custom<`0x${string}`>((value) => isAddress(String(value))) }),
  z.object({ ask: z.literal("sign"), privateKey: Hex, required: z.string() }),
]);

export type TestChain = {
  readonly bindings: ReturnType<typeof paymentBindings>;
  readonly answer: (asked: unknown) => Promise<object>;
  readonly close: () => Promise<void>;
};

/** A real chain and facilitator on loopback, the Worker's settings for them, and a door through which tests have payers made and payments signed. */
export async function startTestChain(): Promise<TestChain> {
  const chain = await startChain();
  const facilitator = await startFacilitator(chain, { port: 0, receiptWithinMs: 1_000 });
  return {
    bindings: paymentBindings(chain.rpcUrl, facilitator.url),
    answer: async (given) => {
      const asked = Asked.parse(given);
      switch (asked.ask) {
        case "payer": {
          const { address, privateKey } = await chain.newPayer(BigInt(asked.amount));
          return { address, privateKey };
        }
        case "balance":
          return { balance: String(await chain.balanceOf(asked.address)) };
        case "sign":
          return { header: await sign(asked.privateKey, asked.required) };
      }
    },
    close: async () => {
      await facilitator.close();
      await chain.close();
    },
  };
}

/** PAYMENT-SIGNATURE for a PAYMENT-REQUIRED, by x402's own client. */
async function sign(privateKey: `0x${string}`, required: string): Promise<string | undefined> {
  const client = payingClient(newPayer(privateKey));
  const http = new x402HTTPClient(client);
  const challenge = http.getPaymentRequiredResponse((name) => (name.toUpperCase() === "PAYMENT-REQUIRED" ? required : null));
  const payload = await client.createPaymentPayload(challenge);
  return http.encodePaymentSignatureHeader(payload)["PAYMENT-SIGNATURE"];
}
