import type { EnteredDb } from "../../db/tenant-db.ts";
import { sql, type SQL } from "drizzle-orm";
import { openHistory, selectKeyHistory, type HistoryRow } from "../../access/current-signer.ts";
import { requireWholeOrganization } from "../../access/principal.ts";
import { bundleFormat, type Bundle } from "../../crypto/statement/bundle.ts";
import { readAsPublic } from "../../db/read-as-public.ts";
import type { Environment } from "../../env.ts";
import type { ReadContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { selectRevoked, statusListOf } from "../attestations/index.ts";
import { inEnvelope, preimageOf, proveStatement, type Envelope, type EventRow } from "../statements/index.ts";
import { requireCosignature } from "./require.ts";
import { selectCosignature, selectSigningEvent, type FoundCosignature } from "./store.ts";

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

type BundleRows = readonly [readonly FoundCosignature[], readonly EventRow[], readonly HistoryRow[], Parameters<typeof statusListOf>[3]];

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
