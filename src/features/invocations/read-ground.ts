import { sql, type SQL } from "drizzle-orm";
import { selectKeyHistory } from "../../access/current-signer.ts";
import { AlreadyDone } from "../../db/database-fault.ts";
import { grants } from "../../db/schema/grants.ts";
import { selectAnswered } from "../../http/idempotency.ts";
import type { WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { selectApproval, selectOpenApprovals } from "../approvals/index.ts";
import { selectCapabilityGround } from "../capabilities/index.ts";
import { fieldOfGrant, groundOf, selectGrant, selectGrantWithAgent } from "../grants/index.ts";
import { selectActivePacts } from "../pacts/index.ts";
import { selectActivePolicy } from "../policies/index.ts";
import { selectReceiptHead } from "../receipts/index.ts";
import { availableScore, selectCurrentScore, type ScoreDocument } from "../scores/index.ts";
import type { Ground } from "./ground.ts";

type Context = Pick<WriteContext<"grant.invoked">, "tenant" | "principal" | "now">;
/** The grant that is meant: by its id, or by the name that the agent's tools know it by. */
export type GrantRef = { readonly grantId: string } | { readonly toolName: string };
type Wanted = { readonly requestDigest: string; readonly approvalId: string | undefined };

/** What stands where a policy has no version in force. */
const noBasis = "none";

/**
 * Reads all that an invocation is decided on, in one round trip. The caller is the agent of its own credential: another agent's grant does not
 * exist for it, and a credential that is bound to no agent has none and invokes nothing.
 */
export async function readGround(context: Context, ref: GrantRef, wanted: Wanted): Promise<Ground> {
  const { agentId } = context.principal;
  if (agentId !== null) return readAsAgent(context, { ref, agentId, ...wanted });
  if ("toolName" in ref) throw notFound();
  const [[grant]] = await context.tenant.read((db) => [selectGrant(db, ref.grantId)]);
  throw grant === undefined ? notFound() : problem("forbidden", "the credential is bound to no agent");
}

const notFound = () => problem("not_found", "no such grant of this agent");

const idOf = (orgId: string, agentId: string, ref: GrantRef): SQL =>
  "grantId" in ref
    ? sql`${ref.grantId}`
    : sql`(select ${grants.id} from ${grants} where ${grants.orgId} = ${orgId} and ${grants.agentId} = ${agentId}
        and ${grants.toolName} = ${ref.toolName} and ${grants.status} = 'active')`;

async function readAsAgent(
  { tenant, now }: Context,
  { ref, agentId, requestDigest, approvalId }: Wanted & { readonly ref: GrantRef; readonly agentId: string },
): Promise<Ground> {
  const { orgId } = tenant;
  const id = idOf(orgId, agentId, ref);
  const [versions, fresh, evidence, [row], [capability], [policy], pacts, [head], [keyHistory], open, [named], answered] =
    await tenant.read((db) => [
      ...selectCurrentScore(db, agentId, now),
      selectGrantWithAgent(db, id),
      selectCapabilityGround(db, fieldOfGrant(orgId, id, grants.capabilityId)),
      selectActivePolicy(db, fieldOfGrant(orgId, id, grants.policyId)),
      selectActivePacts(db, agentId),
      selectReceiptHead(db, agentId),
      selectKeyHistory(db),
      selectOpenApprovals(db, id, requestDigest),
      selectApproval(db, approvalId ?? ""),
      selectAnswered(db, tenant.actor, tenant.repeatable),
    ]);
  if (row === undefined || capability === undefined || policy === undefined || row.grant.agentId !== agentId) throw notFound();
  // Whatever the gate remembers: what was answered is not done again.
  if (answered.length > 0) throw new AlreadyDone();
  const { basis, mode } = await groundOf({ ...row, policy, capability, pacts: pacts.map(toRef) });
  const isOfGrant = named?.grantId === row.grant.id;
  const { grant, agent } = row;
  const score = await availableScore({ agentId, now }, [versions, fresh, evidence]);
  return {
    grant,
    agent,
    capability,
    pacts,
    mode,
    basis: basis ?? noBasis,
    policy: { ...policy, version: policy.activeVersion ?? 0 },
    score: score && toFacts(score),
    receipt: { head, keyHistory },
    approvals: { open, named: approvalId === undefined ? undefined : isOfGrant ? named : null },
  };
}

function toRef({ id, digest }: Pick<Ground["pacts"][number], "digest"> & { readonly id: string }): { id: string; digest: string } {
  if (digest === null) throw new Error("an active pact without a digest");
  return { id, digest };
}

/** One that there is too little evidence for is computed, and has no number. */
const toFacts = ({ compositeScore, certificationTier, confidence, status }: ScoreDocument): Ground["score"] => ({
  compositeScore,
  tier: certificationTier,
  confidence,
  status,
});
