import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { startChain } from "./chain/chain.ts";
import { startFacilitator } from "./chain/facilitator.ts";
import { chainId, localPorts } from "./chain/network.ts";
import { showUsdc } from "./chain/show-usdc.ts";
import { keepWallet } from "./chain/wallet.ts";
import { dataDir } from "./data-dir.ts";
import { runCommand } from "./main.ts";
import { readPrivateFile } from "./private-file.ts";
import { whenToldToStop } from "./until-stopped.ts";

const pocketMoney = 100_000_000n;
const DevFile = z.object({ url: z.url(), agentId: z.string() });

/** A call that costs something, of the server that `npm start` runs here. */
async function paidCall(folder: string): Promise<string> {
  const { data } = DevFile.safeParse(await readPrivateFile(join(folder, "dev.json")));
  return data === undefined ? "http://127.0.0.1:8787/v1/agents/<agent>/score" : `${data.url}/v1/agents/${data.agentId}/score`;
}

await runCommand(async () => {
  const ports = localPorts();
  const folder = dataDir();
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const opened: (() => Promise<void>)[] = [];
  const ending = whenToldToStop();
  try {
    const chain = await startChain({ port: ports.chain });
    opened.push(chain.close);
    const facilitator = await startFacilitator(chain, { port: ports.facilitator });
    opened.push(facilitator.close);
    const payer = await chain.newPayer(pocketMoney);
    opened.push(await keepWallet(folder, { rpcUrl: chain.rpcUrl, privateKey: payer.privateKey }));
    console.log(`A test chain of this machine alone, until Ctrl-C. Nothing on it is worth anything, and each start begins anew.

  chain         ${chain.rpcUrl}, number ${chainId} as Base Sepolia, with Circle's USDC
  facilitator   ${facilitator.url}
  payer         ${payer.address}, with ${showUsdc(pocketMoney)}
  its key       ${payer.privateKey}     for this test chain: never use it elsewhere

While \`npm start\` runs, a call that nobody has an account for, paid by that payer:

  npm run pay -- ${await paidCall(folder)}
`);
    await ending;
  } finally {
    for (const end of opened.toReversed()) await end();
  }
});
process.exit();
