import { z } from "zod";
import type { Wallet } from "../chain/wallet.ts";
import { showUsdc } from "../chain/show-usdc.ts";

type Ground = { readonly url: string; readonly agentId: string; readonly say: (line: string) => void };

const Bought = z.object({ compositeScore: z.int().nullable() });

/** One call without an account, paid on the local chain, or how to have that chain. What goes wrong is said, and stops nothing. */
export async function payOnce(ground: Ground, wallet: Wallet | undefined): Promise<void> {
  const { say } = ground;
  if (wallet === undefined) return say("Callers without a key pay per call: try it with `npm run chain`, in another terminal.\n");
  try {
    say(`${await buyScore(ground, wallet)}\n`);
  } catch (error) {
    say(`The paid call could not be made: ${error instanceof Error ? error.message : String(error)}\n`);
  }
}

async function buyScore({ url, agentId }: Ground, wallet: Wallet): Promise<string> {
  // Loaded only here: a start without a chain does not wait for the client's libraries.
  const { payFor } = await import("../chain/pay-for.ts");
  const path = `/v1/agents/${agentId}/score`;
  const { status, body, spent, paymentId } = await payFor(wallet, `${url}${path}`, {});
  if (status !== 200) return `The paid call GET ${path} was answered with ${status}: ${body}`;
  const { compositeScore } = Bought.parse(JSON.parse(body));
  return `A caller without a key asked for the same score, got ${compositeScore}, and paid ${showUsdc(spent)} on the local chain (${paymentId}).`;
}
