import { openHistory, signerBy } from "../../access/current-signer.ts";
import { requireAgent, type Principal } from "../../access/principal.ts";
import { bundleFormat } from "../../crypto/statement/bundle.ts";
import { signStatement, type SignedStatement } from "../../crypto/statement/statement.ts";
import type { WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { newId } from "../../platform/ids.ts";
import type { EventData } from "../../webhooks/event-schemas.ts";
import { inEnvelope, preimageOf, proveStatement } from "../statements/index.ts";
import { dayMs } from "./attestation.ts";
import { judgeClaim } from "./claim-policy.ts";
import type { Content } from "./claims.ts";
import { readGround } from "./read-ground.ts";
import type { About, IssuedView, IssueInput } from "./schemas.ts";
import { statusListOf, statusListUrl } from "./status-list.ts";
import { insertAttestation, selectIssuingEvent, type NewAttestation } from "./store.ts";
import { toAttestation } from "./view.ts";

type Context = WriteContext<"attestation.issued">;

/** Issues a signed statement about an agent, within what the operators allow, with its proof from the log. One read, one write. */
export async function issueAttestation(context: Context, agentId: string, input: IssueInput): Promise<IssuedView> {
  const { tenant, principal, env, now } = context;
  requireAgent(principal, agentId);
  const { policy, keyHistory, revoked, content } = await readGround({ tenant, agentId, now }, input.about);
  requireAllowed(policy?.policy ?? null, context, agentId, input);
  const history = await openHistory(keyHistory);
  const signer = await signerBy(history, env, "statement", now);
  const id = newId("attestation");
  const expiresAt = new Date(now.getTime() + input.lifetimeDays * dayMs);
  const predicate = predicateOf(context, { id, agentId, expiresAt, about: input.about, content, policyDigest: policy?.digest ?? null });
  const signed = await signStatement(signer, { kind: input.about.kind, subject: content.subject, predicate });
  const row = rowOf(context, { id, agentId, expiresAt, about: input.about, signed, kid: signer.kid });
  const statusList = await statusListOf(env, tenant.orgId, history, revoked, now);
  const bundle = { format: bundleFormat, statement: inEnvelope(row, input.envelope), keyHistory: history.signed, statusList } as const;
  const view = toAttestation(row, now);
  const late: IssuedView = { ...view, logState: "late", bundle: { ...bundle, inclusion: null } };
  const preimage = preimageOf(signed.digest, null);
  const announces = [{ type: "attestation.issued", data: issuedOf(row) }] as const;
  const [, [event]] = await tenant.write(
    { action: "attestation.issued", resource: id, change: { ...preimage }, answer: late, announces },
    (db) => [insertAttestation(db, row), selectIssuingEvent(db, id)],
  );
  if (event === undefined) throw new Error("the attestation's event was not written with it");
  const { inclusion, logState } = await proveStatement(env, event, preimage);
  return { ...view, logState, bundle: { ...bundle, inclusion } };
}

function requireAllowed(
  policy: Parameters<typeof judgeClaim>[0],
  { principal }: Context,
  agentId: string,
  { about, lifetimeDays }: IssueInput,
): void {
  const verdict = judgeClaim(policy, {
    agentId,
    kind: about.kind,
    dimensions: about.kind === "score" ? about.dimensions : [],
    evidenceDigests: about.evidenceDigests,
    lifetimeDays,
    requester: requesterOf(principal),
  });
  if (!verdict.ok) throw problem("claim_not_allowed", verdict.reason);
}

/** Which of them asked, and not with which key: that is no stranger's business. */
const requesterOf = ({ agentId }: Principal): "organization" | "agent" => (agentId === null ? "organization" : "agent");

type Draft = { readonly id: string; readonly agentId: string; readonly expiresAt: Date; readonly about: About };

function predicateOf(
  { tenant, env, environment, principal, now }: Context,
  { id, agentId, expiresAt, about, content, policyDigest }: Draft & { readonly content: Content; readonly policyDigest: string | null },
) {
  const { agentVersion, claim } = content;
  return {
    id,
    issuer: env.publicOrigin,
    deployment: { kind: env.deployment, environment },
    organization: tenant.orgId,
    agent: { id: agentId, versionNumber: agentVersion.number, versionDigest: agentVersion.digest },
    issuedAt: now.toISOString(),
    expiresAt: expiresAt.toISOString(),
    requestedBy: requesterOf(principal),
    disclosure: { evidenceDigests: about.evidenceDigests },
    claimPolicy: policyDigest,
    statusList: statusListUrl(env, tenant.orgId),
    claim,
  };
}

const issuedOf = ({ id, agentId, kind, about, digest, issuedAt, expiresAt }: NewAttestation): EventData["attestation.issued"] => ({
  attestationId: id,
  agentId,
  kind,
  digest,
  about,
  issuedAt: issuedAt.toISOString(),
  expiresAt: expiresAt.toISOString(),
});

const aboutId = (about: About, agentId: string): string =>
  about.kind === "score" ? agentId : about.kind === "eval_run" ? about.runId : about.pactId;

const rowOf = (
  { principal, now }: Context,
  { id, agentId, expiresAt, about, signed, kid }: Draft & { readonly signed: SignedStatement; readonly kid: string },
): NewAttestation => ({
  id,
  agentId,
  kind: about.kind,
  about: aboutId(about, agentId),
  statement: signed.jws,
  dsseSignature: signed.dsseSignature,
  digest: signed.digest,
  kid,
  requestedBy: principal.actor,
  issuedAt: now,
  expiresAt,
  revokedAt: null,
  revokedReason: null,
  revision: 1,
});
