/** The scored dimensions that a run can speak of: `pactCompliance` through pacts alone, and `counterparty` never, for it takes receipts. */
export const evidenceDimensions = ["accuracy", "safety", "reliability", "latency", "costEfficiency", "pactCompliance"] as const;
