import { startChain } from "../chain/chain.ts";
import { startFacilitator } from "../chain/facilitator.ts";

const payers = 30;
/** A USDC each. */
const funds = 1_000_000n;

// A child process of the bench: a chain with its facilitator, which says where they are and who can pay, and ends with its parent.
const chain = await startChain();
const { url: facilitatorUrl } = await startFacilitator(chain);
const privateKeys: string[] = [];
while (privateKeys.length < payers) privateKeys.push((await chain.newPayer(funds)).privateKey);
process.once("disconnect", () => process.exit());
process.send?.({ rpcUrl: chain.rpcUrl, facilitatorUrl, privateKeys });
