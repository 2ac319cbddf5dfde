import type { JsonValue } from "../../crypto/canonical-json.ts";
import { jsonDigest } from "../../crypto/digest.ts";
import type { InvocationEffect, InvocationStatus } from "../../grants/invocation.ts";
import type { Settled, Verdict } from "../../grants/ledger.ts";
import type { DecisionReason, PolicyEffect } from "../../policies/decision.ts";
import type { UpstreamResult } from "../../upstreams/upstream-result.ts";
import type { ReceiptFacts } from "../receipts/index.ts";

/** What was decided: by the rules, and why. */
export type Decided = {
  readonly decision: PolicyEffect;
  readonly reasons: readonly DecisionReason[];
  readonly ruleIds: readonly string[];
};

/** How an invocation ended, in the words of its row, its receipt and its ledger. */
export type Outcome = Decided & {
  readonly status: InvocationStatus;
  readonly effect: InvocationEffect | null;
  readonly disposition: ReceiptFacts["disposition"];
  readonly known: ReceiptFacts["effect"];
  readonly result?: JsonValue;
  readonly upstreamStatus: number | null;
  readonly latencyMs: number | null;
  /** How its reservation ends; null where there is none. */
  readonly settled: Settled | null;
  /** What the upstream's tool is now, where it is not the one that was pinned. */
  readonly drifted: string | null;
};

export const decidedBy = ({ effect, reasons, ruleIds }: Verdict): Decided => ({ decision: effect, reasons, ruleIds });

const unsent = { effect: null, known: null, upstreamStatus: null, latencyMs: null, settled: null, drifted: null } as const;

export const denied = (decided: Decided): Outcome => ({ ...unsent, ...decided, decision: "deny", status: "denied", disposition: "denied" });
export const simulated = (decided: Decided): Outcome => ({ ...unsent, ...decided, status: "simulated", disposition: "blocked" });
export const pending = (decided: Decided): Outcome => ({ ...unsent, ...decided, status: "pending", disposition: "blocked" });

/** What came of calling the upstream. Only what it confirmed is an effect; what is not known is neither one nor none. */
export function outcomeOf(decided: Decided, result: UpstreamResult): Outcome {
  const sent = { ...unsent, ...decided, latencyMs: Math.round(result.latencyMs) };
  switch (result.kind) {
    case "confirmed":
      return {
        ...sent,
        ...answerOf(result),
        status: "executed",
        effect: "confirmed",
        disposition: "executed",
        known: "confirmed",
        settled: "spent",
      };
    case "refused":
      return { ...sent, ...answerOf(result), ...failed };
    case "not_sent":
      return { ...sent, ...failed };
    case "unknown":
      return { ...sent, ...unknown(result.reason === "timeout"), upstreamStatus: result.status };
    case "drifted":
      return { ...denied({ ...decided, reasons: ["capability_drifted"] }), settled: "released", drifted: result.digest };
  }
}

const answerOf = ({ status, result }: { readonly status: number; readonly result: JsonValue }) => ({ upstreamStatus: status, result });
const failed = { status: "failed", effect: "failed", disposition: "errored", known: "attempted", settled: "released" } as const;
const unknown = (isLate: boolean) =>
  ({ status: "unknown", effect: "unknown", disposition: isLate ? "timed_out" : "errored", known: "unknown", settled: "unknown" }) as const;

/** What was sent by somebody who was never heard of again. */
export const lost = (decided: Decided): Outcome => ({ ...unsent, ...decided, ...unknown(false) });

/** What was never sent, as its approval shows, or whoever would have sent it said. */
export const unsentAfterAll = (decided: Decided): Outcome => ({ ...unsent, ...decided, ...failed });

/** The digest of what the upstream answered; null where it did not. */
export const digestOfResult = (result: JsonValue | undefined): Promise<string> | null => (result === undefined ? null : jsonDigest(result));
