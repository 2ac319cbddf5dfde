import { selectKeyHistory } from "../../access/current-signer.ts";
import type { Principal } from "../../access/principal.ts";
import { grants } from "../../db/schema/grants.ts";
import type { TenantReader } from "../../db/tenant-db.ts";
import type { ReviewVerdict } from "../../grants/invocation.ts";
import { ownersOf } from "../approvals/index.ts";
import { fieldOfGrant, groundOf, requireGround, selectBasis, statusOf, type Ground, type GroundRow } from "../grants/index.ts";
import { selectActivePolicy } from "../policies/index.ts";
import { selectReceiptHead, type ReceiptGround } from "../receipts/index.ts";
import { availableScore, selectCurrentScore, selectScoreRevision } from "../scores/index.ts";
import { callsLookedAt, type Given, type Reviews } from "./judge-evidence.ts";
import { selectGrantOwners, selectNewestSimulated, selectReviews, type Judged } from "./store.ts";

type Context = { readonly tenant: TenantReader; readonly principal: Pick<Principal, "agentId">; readonly now: Date };

/** All that a promotion stands on, as of one round trip. */
export type Evidence = {
  readonly row: GroundRow;
  readonly ground: Ground;
  readonly given: Given;
  readonly receipt: ReceiptGround;
  /** Null where no version of the policy is in force. */
  readonly judged: Judged | null;
  /** The people behind the agent and the grant, as actors. */
  readonly owners: ReadonlySet<string>;
};

/** Throws 404. */
export async function loadEvidence({ tenant, principal, now }: Context, grantId: string): Promise<Evidence> {
  const agentId = fieldOfGrant(tenant.orgId, grantId, grants.agentId);
  const [[found], versions, fresh, evidence, [upkeep], [policy], reviews, newest, owners, [head], [keyHistory]] = await tenant.read(
    (db) => [
      selectBasis(db, grantId),
      ...selectCurrentScore(db, agentId, now),
      selectScoreRevision(db, agentId),
      selectActivePolicy(db, fieldOfGrant(db.orgId, grantId, grants.policyId)),
      selectReviews(db, grantId),
      selectNewestSimulated(db, grantId, callsLookedAt),
      selectGrantOwners(db, grantId),
      selectReceiptHead(db, agentId),
      selectKeyHistory(db),
    ],
  );
  const row = requireGround(principal, found);
  const ground = await groundOf(row);
  const score = await availableScore({ agentId: row.grant.agentId, now }, [versions, fresh, evidence]);
  const reviewed = reviews.reduce((sum, { calls }) => sum + calls, 0);
  const standing = {
    grant: statusOf(row.grant, now),
    isAgentArchived: row.agent.archivedAt !== null,
    isCapabilityRetired: row.capability.status === "retired",
    hasDrifted: row.capability.driftedDigest !== null,
  };
  return {
    row,
    ground,
    given: { score, terms: policy?.terms ?? null, reviews: countReviews(ground.basis, reviews, newest), standing },
    receipt: { head, keyHistory },
    judged: ground.present && {
      present: ground.present,
      scoreRevision: upkeep?.revision ?? 0,
      newestCall: newest[0]?.id ?? null,
      reviewed,
    },
    owners: ownersOf(owners),
  };
}

type Reviewed = Awaited<ReturnType<typeof selectReviews>>;
type Newest = Awaited<ReturnType<typeof selectNewestSimulated>>;

/** What was reviewed under other versions says nothing of the present ones. */
function countReviews(basis: string | null, reviewed: Reviewed, newest: Newest): Reviews {
  const sum = (wanted: ReviewVerdict): number =>
    reviewed.reduce((total, row) => total + (row.basis === basis && row.verdict === wanted ? row.calls : 0), 0);
  const unreviewed = newest.filter((call) => call.basis === basis && call.verdict === null).length;
  return { accepted: sum("accepted"), rejected: sum("rejected"), unreviewed };
}
