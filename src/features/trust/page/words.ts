import { markup, type Markup } from "../../../http/markup.ts";
import type { Dimension } from "../../../scores/names.ts";
import type { UnavailableView } from "../schemas.ts";

const dimensionWords: Readonly<Record<Dimension, string>> = {
  accuracy: "Accuracy",
  pactCompliance: "Pact compliance",
  safety: "Safety",
  reliability: "Reliability",
  latency: "Latency",
  costEfficiency: "Cost efficiency",
  counterparty: "Counterparties",
};
export const nameOf = (dimension: Dimension): string => dimensionWords[dimension];

const subjectWords = {
  score: "Score",
  tier: "Tier",
  pactCompliance: "Pact compliance rate",
  history: "History",
  attestation: "Signed attestation",
  log: "Log checkpoint",
} as const;

export function nameOfSubject(subject: UnavailableView["subject"]): string {
  for (const [dimension, name] of Object.entries(dimensionWords)) if (subject === `dimensions.${dimension}`) return name;
  return Object.entries(subjectWords).find(([key]) => key === subject)?.[1] ?? subject;
}

/** Reasons that speak of the agent: there is enough evidence, and it gives no tier. */
const findings: ReadonlySet<UnavailableView["reason"]> = new Set(["open_critical_violation", "below_every_tier"]);
export const isFinding = (reason: UnavailableView["reason"]): boolean => findings.has(reason);

/** A share between 0 and 1, as it is published but for the digits that nobody reads. */
export const share = (value: number): string => value.toFixed(3);
export const percent = (value: number): string => `${(value * 100).toFixed(1)} %`;

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** The day of an ISO 8601 time, in UTC. */
export const dayOf = (iso: string): string => `${Number(iso.slice(8, 10))} ${months[Number(iso.slice(5, 7)) - 1] ?? ""} ${iso.slice(0, 4)}`;

/** A time to the minute, in UTC, that programs can read too. */
export const moment = (iso: string): Markup => markup`<time datetime="${iso}">${dayOf(iso)}, ${iso.slice(11, 16)} UTC</time>`;

export const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;
