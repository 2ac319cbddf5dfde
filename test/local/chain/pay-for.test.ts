import { createServer, type Server } from "node:http";
import { encodePaymentRequiredHeader } from "@x402/core/http";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { startChain, type Chain } from "../../../src/local/chain/chain.ts";
import { chainId, receiver, usdc } from "../../../src/local/chain/network.ts";
import { payFor } from "../../../src/local/chain/pay-for.ts";

/** Answers a payment with what is left of these, and then with 200; what it was sent is kept. */
let [answers, sent]: [number[], (string | undefined)[]] = [[], []];
let chain: Chain;
let server: Server;
let url = "";

beforeAll(async () => {
  chain = await startChain();
  server = createServer((request, response) => {
    const payment = request.headers["payment-signature"];
    if (payment === undefined) return void response.writeHead(402, { "payment-required": required() }).end();
    sent.push(String(payment));
    response.writeHead(answers.shift() ?? 200, { "retry-after": "0" }).end("bought");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${z.object({ port: z.int() }).parse(server.address()).port}/`;
});
afterAll(async () => {
  server.close();
  await chain.close();
});

const required = (): string =>
  encodePaymentRequiredHeader({
    x402Version: 2,
    resource: { url },
    accepts: [
      {
        scheme: "exact",
        network: `eip155:${chainId}`,
        amount: "1000",
        asset: usdc,
        payTo: receiver,
        maxTimeoutSeconds: 60,
        extra: { name: "USDC", version: "2" },
      },
    ],
  });

async function pay(statuses: readonly number[]) {
  [answers, sent] = [[...statuses], []];
  const { privateKey } = await chain.newPayer(1000n);
  return payFor({ rpcUrl: chain.rpcUrl, privateKey }, url, {});
}

it("sends the same payment again while nobody knows whether it was taken", async () => {
  expect(await pay([503, 503])).toMatchObject({ status: 200, body: "bought" });
  expect(sent).toHaveLength(3);
  expect(new Set(sent).size).toBe(1);
});

it("neither pays again nor tries again when the payment is refused", async () => {
  expect(await pay([402])).toMatchObject({ status: 402, settlement: undefined, spent: 0n, left: 1000n });
  expect(sent).toHaveLength(1);
});
