import { sql } from "drizzle-orm";
import { z } from "zod";
import { openHistory, selectKeyHistory } from "../../access/current-signer.ts";
import { readAsPublic } from "../../db/read-as-public.ts";
import { sha256Digest } from "../../crypto/digest.ts";
import { bundleFormat } from "../../crypto/statement/bundle.ts";
import type { Basics } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { preimageOf, proveStatement } from "../statements/index.ts";
import type { SharedView } from "./schemas.ts";
import { statusListOf } from "./status-list.ts";
import { listedAfterExpiryMs, selectAttestation, selectIssuingEvent, selectRevoked } from "./store.ts";
import { toAttestation } from "./view.ts";

/** What a share link shows, to anyone: the attestation as it stands now, with all that is needed to check it offline. */
export async function readShared(context: Basics, token: string): Promise<SharedView> {
  const { env, now, requestId } = context;
  const shared = sql`current_setting('app.shared')`;
  const entry = sql`select app.enter_share(${await sha256Digest(token)}, ${requestId})`;
  const [[row], [event], [keyHistory], revoked] = await readAsPublic(context, entry, (db) => [
    selectAttestation(db, shared),
    selectIssuingEvent(db, shared),
    selectKeyHistory(db),
    selectRevoked(db, now),
  ]);
  if (row === undefined || event === undefined) throw problem("not_found", "no such share");
  const history = await openHistory(keyHistory);
  const { inclusion, logState } = await proveStatement(env, event, preimageOf(row.digest, null));
  const statusList = await statusListOf(env, row.orgId, history, revoked, now);
  const { requestedBy: _, ...view } = toAttestation(row, now);
  return {
    ...view,
    logState,
    bundle: { format: bundleFormat, statement: row.statement, keyHistory: history.signed, inclusion, statusList },
  };
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
