import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { x402Facilitator } from "@x402/core/facilitator";
import { isPaymentPayloadV2, isPaymentRequirementsV2 } from "@x402/core/schemas";
import type { PaymentPayload, PaymentRequirements } from "@x402/core/types";
import { toFacilitatorEvmSigner, type FacilitatorEvmSigner } from "@x402/evm";
import { ExactEvmScheme } from "@x402/evm/exact/facilitator";
import { createWalletClient, hashTypedData, http, publicActions, type Address, type Hex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { z } from "zod";
import { PlainFailure } from "../plain-failure.ts";
import { newGasAccount, type Chain } from "./chain.ts";
import { localChain } from "./client.ts";
import { settleAs, verifyAs, type Answer, type Behaviour } from "./misbehaviour.ts";
import { chainId } from "./network.ts";
import { oneAtATime } from "./one-at-a-time.ts";

export type Facilitator = {
  readonly url: string;
  /** From now on, towards one payer or all others; calls that are under way end as they began. */
  readonly behave: (behaviour: Behaviour, payer?: Address) => void;
  /** How often it was asked, since it started. */
  readonly asked: () => { readonly verify: number; readonly settle: number };
  readonly close: () => Promise<void>;
};

type Options = {
  /** 0 is any free one. */
  readonly port: number;
  /** How long it waits for a receipt before it answers `settlement_pending`. */
  readonly receiptWithinMs?: number;
};

const maxBodyBytes = 100_000;
const Asked = z.object({
  paymentPayload: z.custom<PaymentPayload>(isPaymentPayloadV2),
  paymentRequirements: z.custom<PaymentRequirements>(isPaymentRequirementsV2),
});

/** x402's own facilitator behind its three routes on loopback, with a wallet of its own that pays the gas. */
export async function startFacilitator(chain: Pick<Chain, "rpcUrl" | "client">, options: Options = { port: 0 }): Promise<Facilitator> {
  const facilitator = openFacilitator(chain.rpcUrl, await newGasAccount(chain.client), options.receiptWithinMs ?? 10_000);
  const asked = { verify: 0, settle: 0 };
  const behaviours = new Map<string, Behaviour>();
  const towards = (payload: PaymentPayload): Behaviour =>
    behaviours.get(payerOf(payload)) ?? behaviours.get("everyone") ?? { kind: "honest" };

  const answer = async (request: IncomingMessage): Promise<Answer> => {
    const route = `${request.method} ${request.url}`;
    if (route === "GET /supported") return { status: 200, body: JSON.stringify(facilitator.getSupported()) };
    if (route !== "POST /verify" && route !== "POST /settle") return { status: 404, body: "{}" };
    const { paymentPayload: payload, paymentRequirements: requirements } = Asked.parse(JSON.parse(await readBody(request)));
    const step = route === "POST /verify" ? "verify" : "settle";
    asked[step] += 1;
    return step === "verify"
      ? verifyAs(towards(payload), () => facilitator.verify(payload, requirements))
      : settleAs(towards(payload), () => facilitator.settle(payload, requirements));
  };

  const server = createServer((request, response) => {
    answer(request).then(
      (given) => send(response, given),
      (error: unknown) => send(response, { status: 400, body: JSON.stringify({ error: String(error) }) }),
    );
  });
  return {
    url: await listen(server, options.port),
    behave: (behaviour, payer) => void behaviours.set(payer?.toLowerCase() ?? "everyone", behaviour),
    asked: () => ({ ...asked }),
    close: () => close(server),
  };
}

const payerOf = ({ payload }: PaymentPayload): string =>
  z.object({ authorization: z.object({ from: z.string().toLowerCase() }) }).parse(payload).authorization.from;

function openFacilitator(rpcUrl: string, privateKey: Hex, receiptWithinMs: number): x402Facilitator {
  const account = privateKeyToAccount(privateKey);
  const wallet = createWalletClient({ account, chain: localChain(rpcUrl), transport: http(rpcUrl), pollingInterval: 25, cacheTime: 0 });
  const client = wallet.extend(publicActions);
  const verifyTypedData: FacilitatorEvmSigner["verifyTypedData"] = ({ address, signature, ...data }) =>
    client.verifyHash({ address, signature, hash: hashTypedData(data) });
  // Side by side they would take each other's number; and a number that was counted here, for a transaction that then could not be sent
  // (somebody else put the payment on the chain), would leave a gap that all later ones wait behind. So the chain counts, one at a time.
  const inTurn = oneAtATime();
  const writeContract: FacilitatorEvmSigner["writeContract"] = (args) => inTurn(() => client.writeContract(args));
  const signer = toFacilitatorEvmSigner(
    { ...client, verifyTypedData, writeContract, address: account.address },
    { confirmationTimeoutMs: receiptWithinMs },
  );
  return new x402Facilitator().register(`eip155:${chainId}`, new ExactEvmScheme(signer, { simulateInSettle: true }));
}

function send(response: ServerResponse, answer: Answer): void {
  if (answer === undefined) return void response.destroy();
  response.writeHead(answer.status, { "content-type": "application/json" }).end(answer.body);
}

async function readBody(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request) {
    body += String(chunk);
    if (body.length > maxBodyBytes) throw new Error("the body is too long");
  }
  return body;
}

async function listen(server: Server, port: number): Promise<string> {
  try {
    await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", resolve));
  } catch {
    throw new PlainFailure(`Port ${port} is in use: please stop what uses it.`);
  }
  const address = z.object({ port: z.int() }).parse(server.address());
  return `http://127.0.0.1:${address.port}`;
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
