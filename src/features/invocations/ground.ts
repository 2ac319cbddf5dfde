import type { GrantMode } from "../../grants/mode.ts";
import type { DecisionFacts } from "../../policies/facts.ts";
import type { PolicyTerms } from "../../policies/policy.ts";
import type { Condition } from "../../expressions/condition.ts";
import type { CapabilityGround } from "../capabilities/index.ts";
import type { GrantRow, GroundRow } from "../grants/index.ts";
import type { ReceiptGround } from "../receipts/index.ts";
import type { ApprovalGround } from "./find-approval.ts";

/** All that an invocation is decided on, as of one round trip. */
export type Ground = {
  readonly grant: GrantRow;
  readonly agent: GroundRow["agent"];
  readonly capability: CapabilityGround;
  /** Version 0, without terms, where none is in force. */
  readonly policy: {
    readonly id: string;
    readonly name: string;
    readonly version: number;
    readonly digest: string | null;
    readonly terms: PolicyTerms | null;
  };
  /** Those that bind the agent now. */
  readonly pacts: readonly { readonly digest: string | null; readonly conditions: readonly Condition[] }[];
  readonly basis: string;
  readonly mode: GrantMode;
  /** Null where it cannot be computed. */
  readonly score: DecisionFacts["score"] | null;
  readonly receipt: ReceiptGround;
  readonly approvals: ApprovalGround;
};
