import { jsonDigest, type Digest } from "../../crypto/digest.ts";
import type { Condition } from "../../expressions/condition.ts";
import type { ConditionResult } from "../../expressions/evaluate-condition.ts";
import type { JudgedCondition } from "../../grants/invocation.ts";

/** Of what a condition promises: the same promise has the same digest in every version of the pact. */
export const digestCondition = ({ id: _id, description: _description, ...content }: Condition): Promise<Digest> => jsonDigest(content);

type Judged = { readonly digest: string; readonly conditions: readonly Condition[]; readonly results: readonly ConditionResult[] };

/**
 * What an active pact's conditions came to on a call, for invocations.pactChecks: those that were kept and those that were broken. What could
 * not be judged, does not apply or is of severity `info` says nothing of the agent.
 */
export async function judgedConditions({ digest: pactDigest, conditions, results }: Judged): Promise<JudgedCondition[]> {
  const judged = results.map(async (result): Promise<JudgedCondition[]> => {
    const condition = conditions.find(({ id }) => id === result.conditionId);
    const kept = keptIn(result);
    if (condition === undefined || kept === null || condition.severity === "info") return [];
    const { id: conditionId, severity } = condition;
    return [{ digest: await digestCondition(condition), pactDigest, conditionId, severity, kept }];
  });
  return (await Promise.all(judged)).flat();
}

/** Null: not known. What could not be judged through the agent's own fault is broken. */
function keptIn(result: ConditionResult): boolean | null {
  if (result.status === "pass") return true;
  return result.status === "fail" || (result.status === "error" && result.attribution === "agent") ? false : null;
}
