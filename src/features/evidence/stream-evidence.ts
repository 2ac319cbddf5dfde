import { openHistory, selectKeyHistory, type SignedHistory } from "../../access/current-signer.ts";
import { credentialOf, requireWholeOrganization } from "../../access/principal.ts";
import { publicKeysOf, type PublishedKey } from "../../access/public-keys.ts";
import { insertSecurityEvents } from "../../access/security-event.ts";
import { auditLeaf } from "../../audit/leaf.ts";
import { latestCheckpoint, readLeafHashes } from "../../audit/log-client.ts";
import { logOrigin } from "../../audit/log-name.ts";
import { hashBytes } from "../../audit/transparency/tree-hash.ts";
import { canonicalJson } from "../../crypto/canonical-json.ts";
import { toBase64 } from "../../crypto/encoding.ts";
import type { MediaAnswer, ReadContext } from "../../http/operation.ts";
import { selectLoggedAttestations, selectRevoked, statusListOf } from "../attestations/index.ts";
import { selectLoggedCosignatures } from "../cosignatures/index.ts";
import { selectLoggedReceipts } from "../receipts/index.ts";
import { refuse } from "../transparency/index.ts";
import { archiveLimits, requireFits } from "./archive-limits.ts";
import { bundlesOf, pageStatements } from "./bundles.ts";
import { pemFiles } from "./public-key-pem.ts";
import { countStatements, selectEventsAfter, selectLastSeq } from "./store.ts";
import { verifyText } from "./verify-text.ts";
import { zipStream, type ZipEntry } from "./zip-stream.ts";

const pageEvents = 1_000;
const pageHashes = 16_384;

type Context = Pick<ReadContext, "tenant" | "principal" | "env" | "now">;

/** What the archive covers, fixed before its first byte: everything in it is as of one checkpoint. */
type Archive = {
  readonly context: Context;
  readonly note: string;
  /** The key that signed the checkpoint. */
  readonly kid: string;
  readonly size: number;
  readonly history: SignedHistory;
  readonly keys: readonly PublishedKey[];
  readonly statusList: string;
};

/** Streams everything that a stranger needs to check the organization's log and what was signed about it. That it was exported is recorded first. */
export async function streamEvidence(context: Context, limits = archiveLimits): Promise<MediaAnswer> {
  const { tenant, principal, env, now } = context;
  requireWholeOrganization(principal);
  const [[last], [keyHistory], revoked, [counted]] = await tenant.read((db) => [
    selectLastSeq(db),
    selectKeyHistory(db),
    selectRevoked(db, now),
    countStatements(db, limits.statements + 1),
  ]);
  requireFits({ events: last?.seq ?? 0, statements: counted?.statements ?? 0 }, limits);
  const history = await openHistory(keyHistory);
  const head = await latestCheckpoint(env, tenant.orgId, last?.seq ?? 0);
  if (!head.ok) throw refuse(head);
  const exported = { kind: "audit_exported", credential: credentialOf(principal), at: now, count: 1 } as const;
  await tenant.record((db) => [insertSecurityEvents(db, [exported])]);
  const statusList = await statusListOf(env, tenant.orgId, history, revoked, now);
  const archive: Archive = {
    context,
    note: head.note,
    kid: head.kid,
    size: head.size,
    history,
    keys: await publicKeysOf(env, history),
    statusList,
  };
  return {
    content: zipStream(filesOf(archive), now),
    mediaType: "application/zip",
    headers: { "Content-Disposition": `attachment; filename="evidence-${tenant.orgId}-${head.size}.zip"` },
  };
}

async function* filesOf(archive: Archive): AsyncGenerator<ZipEntry> {
  const { context, note, kid: checkpointKid, size, history, keys, statusList } = archive;
  const { env, tenant } = context;
  const origin = logOrigin(env.publicOrigin, tenant.orgId);
  const facts = { issuer: env.publicOrigin, orgId: tenant.orgId, size, origin, checkpointKey: `${checkpointKid}.pem` };
  yield file("VERIFY.md", verifyText(facts));
  yield file("checkpoint.txt", note);
  yield file("keys/jwks.json", `${JSON.stringify({ keys, key_history: history.signed }, null, 2)}\n`);
  yield file("keys/key-history.jws", history.signed);
  for (const { name, text } of pemFiles(keys, history.history.keys)) yield file(name, text);
  yield file("status-list.jws", statusList);
  yield { name: "events.jsonl", content: eventLines(archive) };
  yield { name: "leaf-hashes.txt", content: hashLines(archive) };
  yield* bundlesOf(archive, "receipts", async (after) => {
    const [rows] = await tenant.read((db) => [selectLoggedReceipts(db, after, size, pageStatements)]);
    return rows;
  });
  yield* bundlesOf(archive, "attestations", async (after) => {
    const [rows] = await tenant.read((db) => [selectLoggedAttestations(db, after, size, pageStatements)]);
    return rows;
  });
  yield* bundlesOf(archive, "cosignatures", async (after) => {
    const [rows] = await tenant.read((db) => [selectLoggedCosignatures(db, after, size, pageStatements)]);
    return rows;
  });
}

function file(name: string, text: string): ZipEntry {
  return { name, content: once(text) };
}

async function* once(text: string): AsyncGenerator<string> {
  yield text;
}

async function* eventLines({ context: { tenant }, size }: Archive): AsyncGenerator<string> {
  for (let after = 0; after < size;) {
    const [rows] = await tenant.read((db) => [selectEventsAfter(db, after, size, pageEvents)]);
    const last = rows.at(-1);
    if (last === undefined) throw new Error("events that the checkpoint covers are gone");
    yield rows.map((row) => `${canonicalJson(auditLeaf(row))}\n`).join("");
    after = last.seq;
  }
}

async function* hashLines({ context: { env, tenant }, size }: Archive): AsyncGenerator<string> {
  for (let from = 0; from < size; from += pageHashes) {
    const hashes = await readLeafHashes(env, tenant.orgId, from, Math.min(size, from + pageHashes));
    if (hashes === undefined) throw new Error("the log has fewer leaves than its checkpoint");
    const count = hashes.length / hashBytes;
    yield Array.from({ length: count }, (_, at) => `${toBase64(hashes.subarray(at * hashBytes, (at + 1) * hashBytes))}\n`).join("");
  }
}
