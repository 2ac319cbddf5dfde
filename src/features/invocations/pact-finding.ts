import type { JsonValue } from "../../crypto/canonical-json.ts";
import type { Condition } from "../../expressions/condition.ts";
import type { CapabilityDefinition } from "../../upstreams/capability.ts";
import type { DecisionReason } from "../../policies/decision.ts";
import { checkCall } from "../pacts/index.ts";

type Bound = { readonly conditions: readonly Condition[] };
type Named = { readonly toolName: string; readonly capabilityName: string; readonly definition: CapabilityDefinition };

/** Every name that a pact may know the tool by: what the grant calls it must not take it out of a promise. */
const namesOf = ({ toolName, capabilityName, definition }: Named): Set<string> =>
  new Set([toolName, capabilityName, ...(definition.kind === "mcp" ? [definition.tool] : [])]);

/**
 * What the agent's active pacts say of a call by their `param_binding` conditions. Null where none is about it, and where all that are hold; a
 * condition that cannot be judged holds it up as one that is broken does. `info` is for the record alone.
 */
export function findPactFault(
  pacts: readonly Bound[],
  named: Named,
  args: JsonValue,
): Extract<DecisionReason, "pact_violated" | "pact_undecided"> | null {
  const binding = pacts.flatMap(({ conditions }) =>
    conditions.filter(({ type, severity }) => type === "param_binding" && severity !== "info"),
  );
  const checks = [...namesOf(named)].map((tool) => checkCall(binding, { tool, arguments: args }));
  if (checks.some(({ compliant }) => compliant === false)) return "pact_violated";
  const isOpen = checks.some(({ results }) => results.some(({ status }) => status !== "pass" && status !== "not_applicable"));
  return isOpen ? "pact_undecided" : null;
}
