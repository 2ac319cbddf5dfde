import type { z } from "@hono/zod-openapi";
import { logOf } from "../../audit/poke-log.ts";
import { verifyConsistency } from "../../audit/transparency/merkle.ts";
import { fromBase64, toBase64 } from "../../crypto/encoding.ts";
import type { TenantReader } from "../../db/tenant-db.ts";
import type { Environment } from "../../env.ts";
import { problem } from "../../http/problem.ts";
import { badField, refuse } from "./refuse.ts";
import type { ConsistencyProof, ConsistencyQuery } from "./schemas.ts";
import { selectCheckpoint } from "./store.ts";

/**
 * Proves that the tree of `to` leaves, the newest checkpoint's unless given, begins with that of `from`. Where a size is that of a
 * checkpoint, its root is the one that was signed; the proof was verified when this answers.
 */
export async function proveConsistency(
  env: Environment,
  tenant: Pick<TenantReader, "orgId" | "read">,
  query: z.output<typeof ConsistencyQuery>,
): Promise<z.input<typeof ConsistencyProof>> {
  const { from } = query;
  const [[newest], [first], [second]] = await tenant.read((db) => [
    selectCheckpoint(db),
    selectCheckpoint(db, from),
    selectCheckpoint(db, query.to ?? 0),
  ]);
  if (newest === undefined) throw problem("not_found", "no such log");
  const to = query.to ?? newest.size;
  if (to > newest.size) throw badField("query.to", "No checkpoint is as large.");
  if (from > to) throw badField("query.from", "Larger than the other size.");
  const answer = await logOf(env, tenant.orgId).consistencyProof(tenant.orgId, from, to);
  if (!answer.ok) throw refuse(answer);
  const signedRoot = to === newest.size ? newest.root : second?.root;
  const heads = {
    from: { size: from, root: first === undefined ? answer.from : fromBase64(first.root) },
    to: { size: to, root: signedRoot === undefined ? answer.to : fromBase64(signedRoot) },
  };
  if (!verifyConsistency(heads.from, heads.to, answer.hashes))
    throw problem("log_stopped", `the proof from ${from} to ${to} does not hold`);
  const view = ({ size, root }: typeof heads.from) => ({ size, root: toBase64(root) });
  return { from: view(heads.from), to: view(heads.to), hashes: answer.hashes.map(toBase64) };
}
