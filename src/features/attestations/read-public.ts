import { sql } from "drizzle-orm";
import { z } from "zod";
import { openHistory, selectKeyHistory, type HistoryRow } from "../../access/current-signer.ts";
import { enterPublicAgent, readAsPublic } from "../../db/read-as-public.ts";
import { sha256Digest } from "../../crypto/digest.ts";
import { bundleFormat, type Bundle } from "../../crypto/statement/bundle.ts";
import type { Basics } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { preimageOf, proveStatement, type EventRow } from "../statements/index.ts";
import type { SharedView } from "./schemas.ts";
import { showPublicly } from "./show-publicly.ts";
import { statusListOf, type RevokedRow } from "./status-list.ts";
import {
  listedAfterExpiryMs,
  selectAttestation,
  selectIssuingEvent,
  selectPublicAttestation,
  selectPublicIssuingEvent,
  selectRevoked,
  type AttestationRow,
} from "./store.ts";
import { toAttestation } from "./view.ts";

/** What a share link shows, to anyone: the attestation as it stands now, with all that is needed to check it offline. */
export async function readShared(context: Basics, token: string): Promise<SharedView> {
  const { now, requestId } = context;
  const shared = sql`current_setting('app.shared')`;
  const entry = sql`select app.enter_share(${await sha256Digest(token)}, ${requestId})`;
  const [[row], [event], [keyHistory], revoked] = await readAsPublic(context, entry, (db) => [
    selectAttestation(db, shared),
    selectIssuingEvent(db, shared),
    selectKeyHistory(db),
    selectRevoked(db, now),
  ]);
  if (row === undefined || event === undefined) throw problem("not_found", "no such share");
  const { requestedBy: _, ...view } = toAttestation(row, now);
  return { ...view, ...(await bundleOf(context, { row, event, keyHistory, revoked })) };
}

/** The attestation that a public agent's trust shows, with all that is needed to check it offline. */
export async function readPublicBundle(context: Basics, agentId: string): Promise<Bundle> {
  const { now, requestId } = context;
  const [[row], [event], [keyHistory], revoked] = await readAsPublic(context, enterPublicAgent(agentId, requestId), (db) => [
    selectPublicAttestation(db, agentId, now),
    selectPublicIssuingEvent(db, agentId, now),
    selectKeyHistory(db),
    selectRevoked(db, now),
  ]);
  if (row === undefined || event === undefined) throw problem("not_found", "no attested score");
  const shown = await showPublicly(row, keyHistory, now);
  if (!shown.ok) throw problem("not_found", `the newest attested score: ${shown.reason}`);
  return (await bundleOf(context, { row, event, keyHistory, revoked })).bundle;
}

type BundleRows = {
  readonly row: AttestationRow;
  readonly event: EventRow;
  readonly keyHistory: HistoryRow | undefined;
  readonly revoked: readonly RevokedRow[];
};

async function bundleOf(
  { env, now }: Basics,
  { row, event, keyHistory, revoked }: BundleRows,
): Promise<Pick<SharedView, "logState" | "bundle">> {
  const history = await openHistory(keyHistory);
  const { inclusion, logState } = await proveStatement(env, event, preimageOf(row.digest, null));
  const statusList = await statusListOf(env, row.orgId, history, revoked, now);
  return { logState, bundle: { format: bundleFormat, statement: row.statement, keyHistory: history.signed, inclusion, statusList } };
}

const Listed = z.array(z.object({ id: z.string(), at: z.coerce.date(), reason: z.string() }));
const ListRows = z.tuple([z.object({ list: Listed.nullable(), withdrawn: Listed })]);

/** An organization's signed revocation list, for anyone: one round trip. */
export async function readStatusList(context: Basics, orgId: string): Promise<string> {
  const { env, now } = context;
  const since = new Date(now.getTime() - listedAfterExpiryMs).toISOString();
  const entry = sql`select app.status_list(${orgId}, ${since}::timestamptz) as list, app.withdrawn_cosignatures(${orgId}) as withdrawn`;
  const [[keyHistory], found] = await readAsPublic(context, sql`select 1`, (db) => [selectKeyHistory(db), db.orm.execute(entry)]);
  const [{ list, withdrawn }] = ListRows.parse(found.rows);
  if (list === null) throw problem("not_found", "no such organization");
  const revoked = [...list, ...withdrawn].map(({ id, at, reason }) => ({ id, revokedAt: at, revokedReason: reason }));
  return statusListOf(env, orgId, await openHistory(keyHistory), revoked, now);
}
