// What scores speak of, by name. What each weighs and takes is the formula's (features/scores/formula.ts).

/** What is scored, in the order in which it is shown. */
export const dimensionNames = ["accuracy", "pactCompliance", "safety", "reliability", "latency", "costEfficiency", "counterparty"] as const;
export type Dimension = (typeof dimensionNames)[number];

/** Where a piece of evidence comes from, and so how far it can be believed. */
export const assuranceNames = ["confirmed_effect", "independent_suite", "own_suite", "self_run", "uncalibrated_judge", "reported"] as const;
export type Assurance = (typeof assuranceNames)[number];

/** Certification tiers, highest first. */
export const tierNames = ["platinum", "gold", "silver", "bronze"] as const;
export type Tier = (typeof tierNames)[number];
