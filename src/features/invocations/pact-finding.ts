import type { JsonValue } from "../../crypto/canonical-json.ts";
import type { Condition } from "../../expressions/condition.ts";
import type { ConditionResult } from "../../expressions/evaluate-condition.ts";
import type { JudgedCondition } from "../../grants/invocation.ts";
import type { CapabilityDefinition } from "../../upstreams/capability.ts";
import type { DecisionReason } from "../../policies/decision.ts";
import { checkCall, judgedConditions } from "../pacts/index.ts";

type Bound = { readonly digest: string | null; readonly conditions: readonly Condition[] };
type Named = { readonly toolName: string; readonly capabilityName: string; readonly definition: CapabilityDefinition };

export type PactFinding = {
  /** Null where no pact is about the call, and where all that are hold. */
  readonly fault: Extract<DecisionReason, "pact_violated" | "pact_undecided"> | null;
  /** What each pact's conditions came to. */
  readonly judged: readonly (Bound & { readonly results: readonly ConditionResult[] })[];
};

/** Every name that a pact may know the tool by: what the grant calls it must not take it out of a promise. */
const namesOf = ({ toolName, capabilityName, definition }: Named): Set<string> =>
  new Set([toolName, capabilityName, ...(definition.kind === "mcp" ? [definition.tool] : [])]);

/**
 * What the agent's active pacts say of a call by their `param_binding` conditions: one that cannot be judged holds it up as one that is broken
 * does. `info` is for the record alone.
 */
export function judgeByPacts(pacts: readonly Bound[], named: Named, args: JsonValue): PactFinding {
  const names = [...namesOf(named)];
  const checked = pacts.map(({ digest, conditions }) => {
    const binding = conditions.filter(({ type, severity }) => type === "param_binding" && severity !== "info");
    return { digest, conditions: binding, checks: names.map((tool) => checkCall(binding, { tool, arguments: args })) };
  });
  const checks = checked.flatMap((pact) => pact.checks);
  const judged = checked.map((pact) => ({ ...pact, results: pact.checks.flatMap(({ results }) => results) }));
  if (checks.some(({ compliant }) => compliant === false)) return { fault: "pact_violated", judged };
  const isOpen = checks.some(({ results }) => results.some(({ status }) => status !== "pass" && status !== "not_applicable"));
  return { fault: isOpen ? "pact_undecided" : null, judged };
}

/** The same, as it stands in the invocation's row: evidence of the agent's score. */
export const pactChecksOf = async ({ judged }: PactFinding): Promise<JudgedCondition[]> =>
  (await Promise.all(judged.map(({ digest, ...pact }) => judgedConditions({ digest: digest ?? "", ...pact })))).flat();
