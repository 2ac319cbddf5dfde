import { auditLeaf } from "../../audit/leaf.ts";
import { proveEvents } from "../../audit/log-client.ts";
import { formatTlogProof } from "../../audit/transparency/tlog-proof.ts";
import { canonicalJson } from "../../crypto/canonical-json.ts";
import { bundleFormat } from "../../crypto/statement/bundle.ts";
import type { ReadContext } from "../../http/operation.ts";
import { preimageOf, type EventRow } from "../statements/index.ts";
import type { ZipEntry } from "./zip-stream.ts";

/** Statements that are read and proved at a time. */
export const pageStatements = 500;

type LoggedStatement = {
  readonly statement: { readonly id: string; readonly statement: string; readonly digest: string; readonly changeDigest?: string | null };
  readonly event: EventRow;
};
/** The next page of what the checkpoint covers, behind an event's number, in the log's order. */
type ReadPage = (after: number) => Promise<readonly LoggedStatement[]>;

type Covered = { readonly context: Pick<ReadContext, "tenant" | "env">; readonly note: string; readonly size: number };

/** A file for each statement that the checkpoint covers: the bundle that armalo-verify reads, its keys and revocation list left to the archive. */
export async function* bundlesOf({ context, note, size }: Covered, folder: string, readPage: ReadPage): AsyncGenerator<ZipEntry> {
  const { tenant, env } = context;
  for (let after = 0; after < size;) {
    const rows = await readPage(after);
    const events = rows.map(({ event }) => event);
    const proved = await proveEvents(env, tenant.orgId, events, note);
    if (!proved.ok) throw new Error(`the log is ${proved.reason}`);
    for (const [index, { statement, event }] of rows.entries()) {
      const proof = formatTlogProof({ index: event.seq - 1, hashes: proved.proofs[index] ?? [], checkpoint: note });
      const inclusion = { leaf: auditLeaf(event), preimage: preimageOf(statement.digest, statement.changeDigest ?? null), proof };
      const bundle = { format: bundleFormat, statement: statement.statement, keyHistory: null, inclusion, statusList: null };
      yield { name: `${folder}/${statement.id}.json`, content: once(`${canonicalJson(bundle)}\n`) };
    }
    if (rows.length < pageStatements) return;
    after = rows.at(-1)?.event.seq ?? size;
  }
}

async function* once(text: string): AsyncGenerator<string> {
  yield text;
}
