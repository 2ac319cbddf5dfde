import type { JsonValue } from "../../../crypto/canonical-json.ts";
import type { ToolCall } from "../../../expressions/evaluate-condition.ts";
import type { Attribution } from "../../../expressions/outcome.ts";

/** What an agent gave back, whatever protocol it speaks. */
export type AgentAnswer = {
  readonly text: string;
  /** The answer as a value where it was one, or where its text reads as JSON; undefined otherwise. */
  readonly json: JsonValue | undefined;
  /** Undefined where the protocol does not report them. */
  readonly toolCalls: readonly ToolCall[] | undefined;
  /** What the agent says that the answer cost. */
  readonly costUsd: number | null;
  /** The protocol's own mark that the agent declined. */
  readonly declined: boolean;
};

/** What a check is given of an answered case. */
export type Observation = { readonly input: string; readonly answer: AgentAnswer; readonly latencyMs: number };

/** What a check found: `reason` is a code, never the agent's words. */
export type Judgement =
  | { readonly status: "pass" }
  | { readonly status: "fail"; readonly reason: string }
  | { readonly status: "error" | "unscored"; readonly attribution: Attribution; readonly reason: string }
  | { readonly status: "not_applicable"; readonly reason: string };

/** The answer as expressions see it: its text, unless it is a JSON object or array. */
export const outputOf = ({ json, text }: AgentAnswer): JsonValue => (typeof json === "object" && json !== null ? json : text);

export const passed: Judgement = { status: "pass" };
export const failed = (reason: string): Judgement => ({ status: "fail", reason });
export const passIf = (holds: boolean, reason: string): Judgement => (holds ? passed : failed(reason));
export const unscored = (reason: string): Judgement => ({ status: "unscored", attribution: "instrument", reason });
/**
 * What the agent said takes more work to check than is allowed. Its fault: a suite is accepted only if each of its expressions can judge
 * small answers, and were it not, an agent could answer at length what it cannot answer well.
 */
export const tooLarge: Judgement = { status: "error", attribution: "agent", reason: "too_large_to_check" };
export const notApplicable = (reason: string): Judgement => ({ status: "not_applicable", reason });
/** The check itself could not be carried out. */
export const broken = (reason: string): Judgement => ({ status: "error", attribution: "instrument", reason });
