import { spawn } from "node:child_process";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { balanceOf } from "../../../src/local/chain/chain.ts";
import { openTestChain } from "../../../src/local/chain/client.ts";
import { localPaymentBindings } from "../../../src/local/chain/network.ts";
import { newPayer } from "../../../src/local/chain/payer.ts";
import { showUsdc } from "../../../src/local/chain/show-usdc.ts";
import { findWallet } from "../../../src/local/chain/wallet.ts";
import { freePort, isFree } from "../../../src/local/free-port.ts";

const script = (name: string): string => fileURLToPath(new URL(`../../../src/local/${name}`, import.meta.url).href);
let folder = "";
let env: Record<string, string> = {};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "armalo-chain-"));
  env = { ARMALO_DATA_DIR: folder, CHAIN_PORT: String(await freePorts()) };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A port that is free, and the one after it too. */
async function freePorts(): Promise<number> {
  for (;;) {
    const port = await freePort();
    if (await isFree(port + 1)) return port;
  }
}

function start(name: string, args: readonly string[] = [], more: Record<string, string> = {}) {
  const child = spawn(process.execPath, [script(name), ...args], { env: { ...process.env, ...env, ...more } });
  const run = { said: "", child, over: new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code))) };
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => void (run.said += chunk.toString("utf8")));
  return run;
}

describe("npm run chain", () => {
  it("prints a funded payer and how to pay with it, keeps both to itself, and takes everything away again", async () => {
    const chain = start("run-chain.ts");
    await expect.poll(() => chain.said).toContain("npm run pay -- http");
    const wallet = await findWallet(folder);
    if (wallet === undefined) throw new Error(chain.said);
    expect((await stat(join(folder, "chain.json"))).mode & 0o777).toBe(0o600);
    const { address } = newPayer(wallet.privateKey);
    expect(chain.said).toContain(wallet.privateKey);
    expect(chain.said).toContain(`${address}, with 100 USDC`);
    expect(await balanceOf(openTestChain(wallet.rpcUrl), address)).toBe(100_000_000n);

    const second = start("run-chain.ts");
    expect(await second.over).toBe(1);
    expect(second.said).toContain("in use");
    expect(second.said).not.toMatch(/\n\s+at /);
    expect(await findWallet(folder)).toEqual(wallet);

    chain.child.kill("SIGINT");
    expect(await chain.over).toBe(0);
    expect(await findWallet(folder)).toBeUndefined();
    await expect(stat(join(folder, "chain.json"))).rejects.toThrow("ENOENT");
  });

  it("is where npm start expects it", () => {
    const networks: unknown = JSON.parse(localPaymentBindings().X402_NETWORKS);
    expect(networks).toEqual([expect.objectContaining({ network: "eip155:84532", rpcUrl: "http://127.0.0.1:8645" })]);
    expect(localPaymentBindings().X402_FACILITATOR_URL).toBe("http://127.0.0.1:8646");
  });

  it("says in one sentence which port cannot be", async () => {
    const chain = start("run-chain.ts", [], { CHAIN_PORT: "65535" });
    expect(await chain.over).toBe(1);
    expect(chain.said).toContain("CHAIN_PORT is 65535");
  });
});

describe("npm run pay", () => {
  it.each([
    [["http://127.0.0.1:1/"], "No local chain runs: please start it with `npm run chain`"],
    [[], "one URL is needed"],
    [["--colour", "red", "http://127.0.0.1:1/"], "--colour"],
  ])("says what is wrong with %j", async (args, sentence) => {
    const pay = start("pay.ts", args);
    expect(await pay.over).toBe(1);
    expect(pay.said).toContain(sentence);
    expect(pay.said).not.toMatch(/\n\s+at /);
  });

  it.each([
    [0n, "0 USDC"],
    [1n, "0.000001 USDC"],
    [1000n, "0.001 USDC"],
    [100_000_000n, "100 USDC"],
    [12_345_678n, "12.345678 USDC"],
  ])("shows %i as %s", (amount, shown) => {
    expect(showUsdc(amount)).toBe(shown);
  });
});
