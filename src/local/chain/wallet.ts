import { rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { readPrivateFile, writePrivateFile } from "../private-file.ts";
import { chainId } from "./network.ts";

const Wallet = z.object({ rpcUrl: z.url(), privateKey: z.templateLiteral(["0x", z.string()]) });
/** The funded payer of the local chain that runs: worth nothing elsewhere. */
export type Wallet = z.output<typeof Wallet>;

const fileIn = (folder: string): string => join(folder, "chain.json");

/** Keeps it for the commands that pay; answers with what takes it away again. */
export async function keepWallet(folder: string, wallet: Wallet): Promise<() => Promise<void>> {
  await writePrivateFile(fileIn(folder), wallet);
  return () => rm(fileIn(folder), { force: true });
}

/** Undefined where no local chain runs. */
export async function findWallet(folder: string): Promise<Wallet | undefined> {
  const wallet = Wallet.safeParse(await readPrivateFile(fileIn(folder)));
  return wallet.success && (await answers(wallet.data.rpcUrl)) ? wallet.data : undefined;
}

/** Whether a chain of our number is there: a command that was killed leaves its file behind. */
async function answers(rpcUrl: string): Promise<boolean> {
  try {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_chainId", params: [] });
    const headers = { "content-type": "application/json" };
    const response = await fetch(rpcUrl, { method: "POST", headers, body, signal: AbortSignal.timeout(1000) });
    return z.object({ result: z.string() }).parse(await response.json()).result === `0x${chainId.toString(16)}`;
  } catch {
    return false;
  }
}
