/** One network that payments are taken on: an EVM chain, and on it one token with EIP-3009 authorizations and 6 decimals, as USDC has. */
export type PaymentNetwork = {
  /** CAIP-2. */
  readonly network: `eip155:${number}`;
  readonly asset: `0x${string}`;
  /** The token's EIP-712 domain. */
  readonly assetName: string;
  readonly assetVersion: string;
  readonly decimals: 6;
  readonly payTo: `0x${string}`;
  readonly rpcUrl: string;
  /** Blocks, its own among them, that must hold a payment before it counts. */
  readonly confirmations: number;
};

export type PaymentSettings = {
  readonly facilitatorUrl: string;
  readonly facilitatorToken: string | undefined;
  readonly networks: readonly PaymentNetwork[];
};
