import type { z } from "@hono/zod-openapi";
import { openHistory, selectKeyHistory } from "../../access/current-signer.ts";
import { requireAgent } from "../../access/principal.ts";
import { bundleFormat, type Bundle } from "../../crypto/statement/bundle.ts";
import type { ReadContext } from "../../http/operation.ts";
import { toPage } from "../../http/pagination.ts";
import { problem } from "../../http/problem.ts";
import { inEnvelope, preimageOf, proveStatement, type Envelope } from "../statements/index.ts";
import { policyFor } from "./claim-policy.ts";
import type { AttestationPage, AttestationView, ClaimPolicyView, ListAttestationsQuery } from "./schemas.ts";
import { statusListOf } from "./status-list.ts";
import { selectAttestation, selectAttestations, selectClaimPolicy, selectIssuingEvent, selectRevoked } from "./store.ts";
import { toAttestation } from "./view.ts";

export async function listAttestations(
  { tenant, principal, now }: ReadContext,
  query: z.output<typeof ListAttestationsQuery>,
): Promise<z.input<typeof AttestationPage>> {
  if (query.agentId !== undefined) requireAgent(principal, query.agentId);
  const agentId = principal.agentId ?? query.agentId ?? null;
  const [rows] = await tenant.read((db) => [selectAttestations(db, query, { agentId })]);
  return toPage(
    rows,
    query,
    ({ issuedAt, id }) => ({ at: issuedAt, id }),
    (row) => toAttestation(row, now),
  );
}

export async function getAttestation({ tenant, principal, now }: ReadContext, id: string): Promise<AttestationView> {
  const [[row]] = await tenant.read((db) => [selectAttestation(db, id)]);
  if (row === undefined) throw problem("not_found", "no such attestation");
  requireAgent(principal, row.agentId);
  return toAttestation(row, now);
}

/** The attestation with all that is needed to check it offline, as of now: its log proof and a fresh revocation list. */
export async function readBundle({ tenant, principal, env, now }: ReadContext, id: string, envelope: Envelope): Promise<Bundle> {
  const [[row], [event], [keyHistory], revoked] = await tenant.read((db) => [
    selectAttestation(db, id),
    selectIssuingEvent(db, id),
    selectKeyHistory(db),
    selectRevoked(db, now),
  ]);
  if (row === undefined || event === undefined) throw problem("not_found", "no such attestation");
  requireAgent(principal, row.agentId);
  const history = await openHistory(keyHistory);
  const { inclusion } = await proveStatement(env, event, preimageOf(row.digest, null));
  const statusList = await statusListOf(env, tenant.orgId, history, revoked, now);
  return { format: bundleFormat, statement: inEnvelope(row, envelope), keyHistory: history.signed, inclusion, statusList };
}

/** A credential that is bound to an agent sees the rules for that agent, and no other agent in them. */
export async function readClaimPolicy({ tenant, principal }: ReadContext): Promise<z.input<typeof ClaimPolicyView>> {
  const [[row]] = await tenant.read((db) => [selectClaimPolicy(db)]);
  if (row === undefined) return { number: null, digest: null, policy: null };
  const { number, digest, policy } = row;
  return { number, digest, policy: principal.agentId === null ? policy : policyFor(policy, principal.agentId) };
}
