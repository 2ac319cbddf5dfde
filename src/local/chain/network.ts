import { PlainFailure } from "../plain-failure.ts";

// What `npm run chain` and `npm start` must agree on before either of them has asked the other.

/** Base Sepolia's number: what the token's and the payers' signatures name, here and there. */
export const chainId = 84_532;

/** USDC on Base Sepolia, by Circle's own list; on our chain, the same compiled contract stands there. */
export const usdc = "0x036CbD53842c5426634e7929541eC2318f3dCF7e";

/** Nobody's: it was made of a hash, so that there is no known key to it, and what is paid to it stays there. */
export const receiver = "0xc5A2A1DAbAeEeeB299EC692CDCB4A0A56B9DdfE6";

/** The local chain's port, and the one after it; CHAIN_PORT moves both. */
export function localPorts(): { readonly chain: number; readonly facilitator: number } {
  const text = process.env["CHAIN_PORT"] ?? "8645";
  const chain = Number(text);
  if (!Number.isInteger(chain) || chain < 1 || chain > 65_534)
    throw new PlainFailure(`CHAIN_PORT is ${text}, which is no port with one after it: it is a number from 1 to 65534.`);
  return { chain, facilitator: chain + 1 };
}

/** The Worker's settings for taking payments on a chain of this machine. */
export const paymentBindings = (rpcUrl: string, facilitatorUrl: string) => ({
  X402_FACILITATOR_URL: facilitatorUrl,
  X402_NETWORKS: JSON.stringify([
    {
      network: `eip155:${chainId}`,
      asset: usdc,
      assetName: "USDC",
      assetVersion: "2",
      decimals: 6,
      payTo: receiver,
      rpcUrl,
      // The chain makes a block only where there is a transaction: a second one might never come.
      confirmations: 1,
    },
  ]),
});

/** The same for the chain on its fixed ports, whether it runs or not. */
export function localPaymentBindings(): ReturnType<typeof paymentBindings> {
  const { chain, facilitator } = localPorts();
  return paymentBindings(`http://127.0.0.1:${chain}`, `http://127.0.0.1:${facilitator}`);
}
