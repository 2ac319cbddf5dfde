import { checkUrl, isLocalEndpoint, type EgressPolicy } from "../../platform/egress-url.ts";
import type { AgentRow } from "./agent.ts";

const validForMs = 31 * 24 * 60 * 60 * 1_000;
/** Where an origin says that it wants our traffic: one line for each agent. */
export const challengePath = "/.well-known/armalo-challenge";

export type EndpointProof =
  | { readonly ok: true; readonly state: "not_needed" }
  | { readonly ok: true; readonly state: "proven"; readonly validUntil: Date }
  | { readonly ok: false; readonly reason: "no_endpoint" | "unproven" | "url_refused" }
  | { readonly ok: false; readonly reason: "stale"; readonly validUntil: Date };

type Provable = Pick<AgentRow, "endpointUrl" | "endpointProvenAt">;

/** Whether an agent's endpoint may be called now: its origin has proved within 31 days that it wants the traffic, or is our own machine. */
export function endpointProof({ endpointUrl, endpointProvenAt }: Provable, policy: EgressPolicy, now: Date): EndpointProof {
  if (endpointUrl === null) return { ok: false, reason: "no_endpoint" };
  const checked = checkUrl(endpointUrl, policy);
  if (!checked.ok) return { ok: false, reason: "url_refused" };
  if (isLocalEndpoint(checked.url, policy)) return { ok: true, state: "not_needed" };
  if (endpointProvenAt === null) return { ok: false, reason: "unproven" };
  const validUntil = new Date(endpointProvenAt.getTime() + validForMs);
  return now < validUntil ? { ok: true, state: "proven", validUntil } : { ok: false, reason: "stale", validUntil };
}

/** Whether what an origin serves holds the challenge, as a line of its own. */
export const holdsChallenge = (served: string, challenge: string): boolean => served.split("\n").some((line) => line.trim() === challenge);
