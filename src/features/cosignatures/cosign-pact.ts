import { openHistory, signerBy } from "../../access/current-signer.ts";
import type { Signer } from "../../crypto/signer.ts";
import { signStatement, subjectOf, type SignedStatement } from "../../crypto/statement/statement.ts";
import type { WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { newId } from "../../platform/ids.ts";
import type { EventData } from "../../webhooks/event-schemas.ts";
import { statusListUrl } from "../attestations/index.ts";
import { digestPact, termsOf } from "../pacts/index.ts";
import { preimageOf } from "../statements/index.ts";
import { whyNotSignable } from "./cosignature.ts";
import { noteLater } from "./note-offers.ts";
import { findOffered } from "./read-offered.ts";
import type { CosignatureView } from "./schemas.ts";
import { insertCosignature, type FoundOffer, type NewCosignature } from "./store.ts";
import { toCosignature } from "./view.ts";

type Context = WriteContext<"cosignature.signed">;

/**
 * Puts the organization's signature under the digest that it has read: a row of its own. The database lets it through only while the offer
 * stands and that digest is the active one (app.take_offer). One read, one write.
 */
export async function cosignPact(context: Context, token: string, digest: string): Promise<CosignatureView> {
  const { tenant, principal, env, environment, now } = context;
  const { found, tokenHash, keyHistory } = await findOffered(context, token);
  await requireSignable(found, tenant.orgId, digest);
  const { offer, pact } = found;
  const signer = await signerBy(await openHistory(keyHistory), env, "statement", now);
  const id = newId("cosignature");
  const signed = await signCosignature(context, signer, { id, found, digest });
  const row: NewCosignature = {
    id,
    tokenHash,
    pactDigest: digest,
    terms: termsOf(pact),
    statement: signed.jws,
    dsseSignature: signed.dsseSignature,
    digest: signed.digest,
    kid: signer.kid,
    signedBy: principal.actor,
    signedAt: now,
    revision: 1,
  };
  const theirs = { promisorOrgId: offer.orgId, promisorEnvironment: found.environment, offerId: offer.id, pactId: pact.id };
  const { lineageId, version } = pact;
  const unended = { withdrawnAt: null, withdrawnReason: null };
  const cosignature = { ...row, ...theirs, ...unended, orgId: tenant.orgId, environment, lineageId, version };
  const view = toCosignature({ cosignature, pactState: pact.state });
  const change = { ...preimageOf(signed.digest, null) };
  const announces = [{ type: "pact.cosigned", data: toldToSigner(found, row) }] as const;
  await tenant.write({ action: "cosignature.signed", resource: id, change, answer: view, announces }, (db) => [insertCosignature(db, row)]);
  noteLater(context, { orgId: offer.orgId, offerId: offer.id });
  return view;
}

/** Each side hears of it: the promisor when its own log notes it. */
const toldToSigner = ({ offer, pact }: FoundOffer, { id, pactDigest, digest }: NewCosignature): EventData["pact.cosigned"] => ({
  as: "cosigner",
  pactId: pact.id,
  pactDigest,
  offerId: offer.id,
  cosignatureId: id,
  organizationId: offer.orgId,
  digest,
});

async function requireSignable({ offer, pact }: FoundOffer, signer: string, digest: string): Promise<void> {
  const refusal = whyNotSignable({ promisor: offer.orgId, pact }, signer, digest);
  if (refusal === "own_pact") {
    const message = "An organization does not co-sign its own pact.";
    throw problem("invalid_request", message, { errors: [{ path: "params.token", message }] });
  }
  if (refusal !== null) throw problem("state_conflict", `${refusal}: the pact is ${pact.state}`);
  if ((await digestPact(pact)) !== digest) throw new Error("an active pact is not what its digest says");
}

type Draft = { readonly id: string; readonly found: FoundOffer; readonly digest: string };

/** The statement that this organization agreed to that digest: about the pact alone, and nothing of the agent that its terms do not say. */
function signCosignature(
  { tenant, env, environment, now }: Context,
  signer: Signer,
  { id, found: { offer, pact, environment: theirEnvironment }, digest }: Draft,
): Promise<SignedStatement> {
  return signStatement(signer, {
    kind: "cosignature",
    subject: [subjectOf("pact", digest)],
    predicate: {
      id,
      issuer: env.publicOrigin,
      deployment: { kind: env.deployment, environment },
      organization: tenant.orgId,
      issuedAt: now.toISOString(),
      statusList: statusListUrl(env, tenant.orgId),
      offer: offer.id,
      pact: { id: pact.id, lineageId: pact.lineageId, version: pact.version, digest },
      promisor: { organization: offer.orgId, environment: theirEnvironment, agent: pact.agentId },
    },
  });
}
