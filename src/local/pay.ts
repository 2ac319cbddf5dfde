import { parseArgs } from "node:util";
import { payFor } from "./chain/pay-for.ts";
import { showUsdc } from "./chain/show-usdc.ts";
import { findWallet } from "./chain/wallet.ts";
import { dataDir } from "./data-dir.ts";
import { runCommand } from "./main.ts";
import { PlainFailure } from "./plain-failure.ts";

const usage = "npm run pay -- [--method POST] [--body JSON] URL";

type Wish = { readonly url: string; readonly init: RequestInit };

function readWish(args: readonly string[]): Wish {
  const options = { method: { type: "string" }, body: { type: "string" } } as const;
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const [url, ...more] = positionals;
    if (url === undefined || more.length > 0 || !URL.canParse(url)) throw new Error("one URL is needed");
    const { body, method = body === undefined ? "GET" : "POST" } = values;
    return { url, init: { method, ...(body === undefined ? {} : { body, headers: { "content-type": "application/json" } }) } };
  } catch (error) {
    throw new PlainFailure(`${error instanceof Error ? error.message : String(error)}\n\n  ${usage}`);
  }
}

/** One call without an account, paid by the local chain's payer. */
await runCommand(async () => {
  const { url, init } = readWish(process.argv.slice(2));
  const wallet = await findWallet(dataDir());
  if (wallet === undefined)
    throw new PlainFailure("No local chain runs: please start it with `npm run chain`, in another terminal, and leave it running.");
  const paid = await payFor(wallet, url, init).catch((error: unknown) => {
    throw new PlainFailure(`${url} could not be called: ${error instanceof Error ? error.message : String(error)}`);
  });
  console.log(`${paid.body}\n
  status             ${paid.status}
  payment            ${paid.paymentId ?? "none"}
  PAYMENT-RESPONSE   ${paid.settlement === undefined ? "none" : JSON.stringify(paid.settlement)}
  paid               ${showUsdc(paid.spent)}, ${showUsdc(paid.left)} left`);
  if (paid.status >= 400) process.exitCode = 1;
});
process.exit();
