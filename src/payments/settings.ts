import { z } from "zod";
import { hasChecksum } from "../crypto/ethereum-address.ts";

/** With its checksum (EIP-55): money goes where a typing error says. */
const Address = z.templateLiteral(["0x", z.string()]).refine(hasChecksum, "An address with its checksum (EIP-55).");

/** USDC's, on every network. */
export const usdcDecimals = 6;

const NetworkSettings = z.strictObject({
  /** CAIP-2. */
  network: z.templateLiteral(["eip155:", z.int().positive()]),
  asset: Address,
  /** The token's EIP-712 domain. */
  assetName: z.string().min(1).max(32),
  assetVersion: z.string().min(1).max(8),
  decimals: z.literal(usdcDecimals),
  payTo: Address,
  rpcUrl: z.url(),
  /** Blocks, its own among them, that must hold a payment before it counts. */
  confirmations: z.int().min(1).max(256),
});

/** One network that payments are taken on: an EVM chain, and on it one token with EIP-3009 authorizations and 6 decimals, as USDC has. */
export type PaymentNetwork = Readonly<z.output<typeof NetworkSettings>>;

/** With more of them, a challenge would not fit its header. */
export const mostNetworks = 4;

/** The setting X402_NETWORKS, read as JSON. */
export const PaymentNetworks = z
  .array(NetworkSettings)
  .min(1)
  .max(mostNetworks)
  .refine(
    (networks) => new Set(networks.map(({ network, asset }) => `${network} ${asset}`)).size === networks.length,
    "A network has one entry for a token.",
  );

export type PaymentSettings = {
  readonly facilitatorUrl: string;
  readonly facilitatorToken: string | undefined;
  readonly networks: readonly PaymentNetwork[];
};

type Given = {
  readonly X402_FACILITATOR_URL?: string | undefined;
  readonly X402_FACILITATOR_TOKEN?: string | undefined;
  readonly X402_NETWORKS?: readonly PaymentNetwork[] | undefined;
};

/** The settings that keep payments from working: those that are missing beside others, and addresses that we must not call. */
export function findSettingFaults(given: Given, egress: "public" | "local"): (keyof Given)[] {
  if (Object.values(given).every((value) => value === undefined)) return [];
  const { X402_FACILITATOR_URL: url, X402_NETWORKS: networks } = given;
  return [
    ...(url === undefined || !isCallable(url, egress) ? (["X402_FACILITATOR_URL"] as const) : []),
    ...(networks === undefined || !networks.every(({ rpcUrl }) => isCallable(rpcUrl, egress)) ? (["X402_NETWORKS"] as const) : []),
  ];
}

/** What is money goes over https; only an installation that is one machine may have its chain there too. */
function isCallable(text: string, egress: "public" | "local"): boolean {
  const url = URL.parse(text);
  if (url === null || url.username !== "" || url.password !== "") return false;
  const { protocol, hostname } = url;
  return protocol === "https:" || (egress === "local" && protocol === "http:" && hostname === "127.0.0.1");
}

/** Undefined where none is set: payments are not configured. The settings have no faults. */
export function paymentSettingsOf(given: Given): PaymentSettings | undefined {
  const { X402_FACILITATOR_URL: facilitatorUrl, X402_FACILITATOR_TOKEN: facilitatorToken, X402_NETWORKS: networks } = given;
  return facilitatorUrl === undefined || networks === undefined ? undefined : { facilitatorUrl, facilitatorToken, networks };
}
