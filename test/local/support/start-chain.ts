import { startChain } from "../../../src/local/chain/chain.ts";

// A process that starts a chain, says where, and does nothing more: its test kills it.
const chain = await startChain();
console.log(chain.rpcUrl);
setInterval(() => undefined, 1000);
