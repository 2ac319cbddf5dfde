/** What an expectation can speak of. `pactCompliance` comes from pacts alone and `counterparty` from receipts, so no suite author can claim them. */
export const expectationDimensions = ["accuracy", "safety", "reliability", "latency", "costEfficiency"] as const;
export const evidenceDimensions = [...expectationDimensions, "pactCompliance"] as const;
export type EvidenceDimension = (typeof evidenceDimensions)[number];
