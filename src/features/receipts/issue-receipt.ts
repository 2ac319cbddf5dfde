import { openHistory, signerBy, type HistoryRow } from "../../access/current-signer.ts";
import type { JsonValue } from "../../crypto/canonical-json.ts";
import { jsonDigest, sha256Digest } from "../../crypto/digest.ts";
import { signStatement } from "../../crypto/statement/statement.ts";
import type { Query, ScopedDb, TenantReader } from "../../db/tenant-db.ts";
import type { Environment } from "../../env.ts";
import { problem } from "../../http/problem.ts";
import { newId } from "../../platform/ids.ts";
import { preimageOf } from "../statements/index.ts";
import { placeAfter, receiptPredicate, receiptSubjects, ReceiptFacts } from "./receipt.ts";
import type { ReceiptView } from "./schemas.ts";
import { insertReceipt, type NewReceipt, type selectReceiptHead } from "./store.ts";

/** Who acts, for which organization and in which request, is what the audit log shows of the write. */
export type ReceiptContext = {
  readonly env: Environment;
  readonly tenant: Pick<TenantReader, "orgId" | "actor" | "requestId">;
  readonly now: Date;
};

/** What was read for it: `selectReceiptHead` and `selectKeyHistory`, in the round trip that reads everything else. */
export type ReceiptGround = {
  readonly head: Awaited<ReturnType<typeof selectReceiptHead>>[number] | undefined;
  readonly keyHistory: HistoryRow | undefined;
  /** The agent's version that it is about, where that is not the present one. */
  readonly version?: { readonly number: number; readonly digest: string };
};

export type ReceiptPlan = {
  readonly view: ReceiptView;
  /** What the event must be the digest of, so that the log holds the receipt. */
  readonly change: JsonValue;
  /** For the write whose event has that change. */
  readonly statements: (db: ScopedDb) => readonly [Query];
};

/**
 * Signs the next receipt of an agent's chain, to be written with what it is a receipt of. `change` is what else that write changes. Another
 * receipt of the agent in between makes the write fail with `ChainMoved`: see `writeChained`.
 */
export async function planReceipt(
  context: ReceiptContext,
  { head, keyHistory, version }: ReceiptGround,
  given: ReceiptFacts,
  change: JsonValue | null,
): Promise<ReceiptPlan> {
  if (head === undefined) throw problem("not_found", "no such agent");
  const { env, now } = context;
  const { orgId, actor, requestId } = context.tenant;
  const facts = ReceiptFacts.parse(given);
  const signer = await signerBy(await openHistory(keyHistory), env, "statement", now);
  const { number, digest: previous } = head;
  const place = placeAfter(number === null || previous === null ? undefined : { number, digest: previous });
  const agent = version ?? { number: head.versionNumber, digest: head.versionDigest };
  const id = newId("receipt");
  const signed = await signStatement(signer, {
    kind: "receipt",
    subject: receiptSubjects(facts, agent.digest),
    predicate: {
      id,
      issuer: env.publicOrigin,
      deployment: { kind: env.deployment, environment: head.environment },
      organization: orgId,
      agent: { id: head.agentId, versionNumber: agent.number, versionDigest: agent.digest },
      issuedAt: now.toISOString(),
      principal: actor,
      requestId,
      ...place,
      ...receiptPredicate(facts),
    },
  });
  const changeDigest = change === null ? null : await jsonDigest(change);
  const row: NewReceipt = {
    ...rowOf(facts),
    id,
    agentId: head.agentId,
    number: place.number,
    statement: signed.jws,
    dsseSignature: signed.dsse.signatures[0]?.sig ?? "",
    digest: signed.digest,
    kid: signer.kid,
    changeDigest,
    intentDigest: facts.intent === null ? null : await sha256Digest(facts.intent.jws),
    issuedAt: now,
  };
  return { view: toReceipt(row), change: { ...preimageOf(signed.digest, changeDigest) }, statements: (db) => [insertReceipt(db, row)] };
}

const rowOf = ({ action, about, mode, disposition, effect }: ReceiptFacts) => ({ action: action.name, about, mode, disposition, effect });

export const toReceipt = (row: NewReceipt): ReceiptView => ({
  id: row.id,
  agentId: row.agentId,
  number: row.number,
  action: row.action,
  about: row.about,
  mode: row.mode,
  disposition: row.disposition,
  effect: row.effect,
  statement: row.statement,
  digest: row.digest,
  kid: row.kid,
  issuedAt: row.issuedAt.toISOString(),
});
