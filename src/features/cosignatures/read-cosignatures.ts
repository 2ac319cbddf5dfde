import type { z } from "@hono/zod-openapi";
import { sql, type SQL } from "drizzle-orm";
import { openHistory, selectKeyHistory, type HistoryRow } from "../../access/current-signer.ts";
import { requireWholeOrganization } from "../../access/principal.ts";
import { bundleFormat, type Bundle } from "../../crypto/statement/bundle.ts";
import { readAsPublic } from "../../db/read-as-public.ts";
import type { Environment } from "../../env.ts";
import type { ReadContext, WriteContext } from "../../http/operation.ts";
import { toPage, type Page } from "../../http/pagination.ts";
import { problem } from "../../http/problem.ts";
import { selectRevoked, statusListOf } from "../attestations/index.ts";
import { inEnvelope, preimageOf, proveStatement, type EnteredDb, type Envelope, type EventRow } from "../statements/index.ts";
import { noteLater } from "./note-offers.ts";
import type { CosignaturePage, CosignatureView } from "./schemas.ts";
import { selectCosignature, selectCosignatures, selectSigningEvent, updateWithdrawn } from "./store.ts";
import { toCosignature } from "./view.ts";

type Found = Awaited<ReturnType<typeof selectCosignature>>[number];

/** What the organization has co-signed, with how each pact stands at the other side: one round trip. */
export async function listCosignatures({ tenant, principal }: ReadContext, page: Page): Promise<z.input<typeof CosignaturePage>> {
  requireWholeOrganization(principal);
  const [rows] = await tenant.read((db) => [selectCosignatures(db, page)]);
  return toPage(rows, page, ({ cosignature }) => ({ at: cosignature.signedAt, id: cosignature.id }), toView);
}

export async function getCosignature({ tenant, principal }: ReadContext, id: string): Promise<CosignatureView> {
  requireWholeOrganization(principal);
  const [[found]] = await tenant.read((db) => [selectCosignature(db, id)]);
  return toView(requireCosignature(found));
}

/** Takes a co-signature back: the row stays, marked, and stands on the public revocation list from the next reading on. */
export async function withdrawCosignature(
  context: WriteContext<"cosignature.withdrawn">,
  id: string,
  reason: string,
): Promise<CosignatureView> {
  const { tenant, principal, now } = context;
  requireWholeOrganization(principal);
  const [[found]] = await tenant.read((db) => [selectCosignature(db, id)]);
  const { cosignature, pactState } = requireCosignature(found);
  if (cosignature.withdrawnAt !== null) throw problem("state_conflict", "the co-signature is withdrawn");
  const view = toView({ cosignature: { ...cosignature, withdrawnAt: now, withdrawnReason: reason }, pactState });
  const change = { digest: cosignature.digest, reason };
  await tenant.write({ action: "cosignature.withdrawn", resource: id, change, answer: view }, (db) => [
    updateWithdrawn(db, cosignature, now, reason),
  ]);
  noteLater(context, { orgId: cosignature.promisorOrgId, offerId: cosignature.offerId });
  return view;
}

/** The signer's statement with all that is needed to check it offline, as of now. */
export async function readBundle({ tenant, principal, env, now }: ReadContext, id: string, envelope: Envelope): Promise<Bundle> {
  requireWholeOrganization(principal);
  return bundleOf(env, await tenant.read((db) => bundleQueries(db, id, now)), envelope, now);
}

/** The same for the promisor, of the co-signature of one of its offers: what the other side signed was signed to be shown. */
export async function readReceivedBundle(context: ReadContext, offerId: string, envelope: Envelope): Promise<Bundle> {
  const { tenant, principal, env, meter, requestId, now } = context;
  requireWholeOrganization(principal);
  const entry = sql`select app.enter_received(${tenant.orgId}, ${offerId}, ${requestId})`;
  const rows = await readAsPublic({ env, meter }, entry, (db) => bundleQueries(db, sql`current_setting('app.cosignature')`, now));
  return bundleOf(env, rows, envelope, now);
}

const bundleQueries = (db: EnteredDb, id: string | SQL, now: Date) =>
  [selectCosignature(db, id), selectSigningEvent(db, id), selectKeyHistory(db), selectRevoked(db, now)] as const;

type BundleRows = readonly [readonly Found[], readonly EventRow[], readonly HistoryRow[], Parameters<typeof statusListOf>[3]];

async function bundleOf(
  env: Environment,
  [[found], [event], [keyHistory], revoked]: BundleRows,
  envelope: Envelope,
  now: Date,
): Promise<Bundle> {
  const { cosignature } = requireCosignature(found);
  if (event === undefined) throw problem("not_found", "no such co-signature");
  const history = await openHistory(keyHistory);
  const { inclusion } = await proveStatement(env, event, preimageOf(cosignature.digest, null));
  const statusList = await statusListOf(env, cosignature.orgId, history, revoked, now);
  return { format: bundleFormat, statement: inEnvelope(cosignature, envelope), keyHistory: history.signed, inclusion, statusList };
}

const toView = ({ cosignature, pactState }: Found): CosignatureView => toCosignature(cosignature, pactState);

function requireCosignature(found: Found | undefined): Found {
  if (found === undefined) throw problem("not_found", "no such co-signature");
  return found;
}
