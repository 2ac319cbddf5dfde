import { auditLeaf } from "../../src/audit/leaf.ts";
import { appendLeaves } from "../../src/audit/transparency/append-leaves.ts";
import { formatCheckpoint } from "../../src/audit/transparency/checkpoint.ts";
import { cosignatureBytes, cosignedMessage } from "../../src/audit/transparency/cosignature.ts";
import { formatNote, verifierKey, type NoteSignature } from "../../src/audit/transparency/signed-note.ts";
import { openTileTree } from "../../src/audit/transparency/tile-tree.ts";
import { formatTlogProof } from "../../src/audit/transparency/tlog-proof.ts";
import { hashLeaf, type Hash } from "../../src/audit/transparency/tree-hash.ts";
import { canonicalJson } from "../../src/crypto/canonical-json.ts";
import { jsonDigest, sha256Digest } from "../../src/crypto/digest.ts";
import { utf8 } from "../../src/crypto/encoding.ts";
import type { Signer } from "../../src/crypto/signer.ts";
import { changeHistory, newHistory, signHistory, type HistoryChange, type KeyHistory } from "../../src/crypto/statement/key-history.ts";
import { signStatement, type NewStatement } from "../../src/crypto/statement/statement.ts";
import { signStatusList } from "../../src/crypto/statement/status-list.ts";
import type { Bundle, Inclusion, Leaf } from "../../src/crypto/statement/bundle.ts";
import { newSigner, sampleAttestation, sampleIssuer, sampleOrg } from "../crypto/statement/signing.ts";

export const day = (number: number): Date => new Date(Date.UTC(2026, 9, number));
export const origin = `api.armalo.test/log/${sampleOrg}`;

export type TestIssuer = {
  readonly root: Signer;
  readonly statement: Signer;
  readonly checkpoint: Signer;
  readonly witness: Signer;
  history: KeyHistory;
  readonly leaves: Leaf[];
};

/** An issuer outside any server: a root key, a key of each purpose, and a log. Its keys are from the 1st of October 2026. */
export async function newIssuer(): Promise<TestIssuer> {
  const [root, statement, checkpoint, witness] = await Promise.all([newSigner(), newSigner(), newSigner(), newSigner()]);
  const issuer = { root, statement, checkpoint, witness, history: newHistory(sampleIssuer, root.x, day(1)), leaves: [] };
  change(issuer, introduced("statement", statement), day(1));
  change(issuer, introduced("checkpoint", checkpoint), day(1));
  return issuer;
}

export const introduced = (purpose: "statement" | "checkpoint", { kid, x }: Signer, othersEndAt = day(1)): HistoryChange => ({
  kind: "introduce",
  purpose,
  kid,
  x,
  othersEndAt,
});

export function change(issuer: TestIssuer, wanted: HistoryChange, now: Date): void {
  const changed = changeHistory(issuer.history, wanted, now, `sha256:${"0".repeat(64)}`);
  if (!changed.ok) throw new Error(changed.reason);
  issuer.history = changed.history;
}

/** Adds an event to the log. */
export async function logEvent(issuer: TestIssuer, event: Partial<Leaf> = {}): Promise<Leaf> {
  const seq = issuer.leaves.length + 1;
  const leaf = auditLeaf({
    orgId: sampleOrg,
    seq,
    id: `aud_${String(seq).padStart(22, "0")}`,
    at: new Date(day(2).getTime() + seq * 1000),
    actor: "key:key_1",
    action: "agent.created",
    resource: "agt_1",
    change: await jsonDigest({ seq }),
    commitment: null,
    requestId: "req_1",
  });
  const whole: Leaf = { ...leaf, v: 1, ...event };
  issuer.leaves.push(whole);
  return whole;
}

export const hashOf = (leaf: Leaf): Hash => hashLeaf(utf8(canonicalJson(leaf)));

function treeOf(leaves: readonly Leaf[]) {
  const tiles = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const tile of appendLeaves(() => undefined, 0, leaves.map(hashOf))) tiles.set(`${tile.level}/${tile.index}`, tile.hashes);
  return openTileTree((level, index) => tiles.get(`${level}/${index}`));
}

type CheckpointWish = { readonly size?: number; readonly by?: Signer; readonly origin?: string; readonly witnessedAt?: Date };

/** A signed checkpoint over the log's first `size` events. */
export async function signedCheckpoint(issuer: TestIssuer, wish: CheckpointWish = {}): Promise<string> {
  const { size = issuer.leaves.length, by = issuer.checkpoint, origin: name = origin, witnessedAt } = wish;
  const text = formatCheckpoint({ origin: name, size, root: treeOf(issuer.leaves).root(size) });
  const key = verifierKey(name, 1, by.publicKey);
  const signatures: NoteSignature[] = [{ keyName: name, keyId: key.keyId, bytes: await by.sign(utf8(text)) }];
  if (witnessedAt !== undefined) {
    const witness = witnessKey(issuer);
    const seconds = Math.floor(witnessedAt.getTime() / 1000);
    const signature = await issuer.witness.sign(utf8(cosignedMessage(text, seconds)));
    signatures.push({ keyName: witness.name, keyId: witness.keyId, bytes: cosignatureBytes(seconds, signature) });
  }
  return formatNote({ text, signatures });
}

export const witnessKey = ({ witness }: TestIssuer) => verifierKey("witness.test", 4, witness.publicKey);

export async function inclusionOf(issuer: TestIssuer, leaf: Leaf, preimage: { statement: string }, wish: CheckpointWish = {}) {
  const size = wish.size ?? issuer.leaves.length;
  const hashes = treeOf(issuer.leaves).inclusionProof(leaf.seq - 1, size);
  return { leaf, preimage, proof: formatTlogProof({ index: leaf.seq - 1, hashes, checkpoint: await signedCheckpoint(issuer, wish) }) };
}

type StatusWish = {
  readonly address?: string;
  readonly issuedAt?: Date;
  readonly revoked?: { id: string; at: string; reason: string }[];
  readonly by?: Signer;
};

export async function statusListOf(
  issuer: TestIssuer,
  { issuedAt = day(40), revoked = [], by, address = sampleIssuer }: StatusWish = {},
): Promise<string> {
  const keyHistory = await sha256Digest(await signHistory(issuer.root, issuer.history));
  const list = { issuer: address, organization: sampleOrg, issuedAt: issuedAt.toISOString(), keyHistory, revoked };
  return signStatusList(by ?? issuer.statement, list);
}

/** A bundle that lacks nothing. */
export type WholeBundle = Bundle & { statement: string; keyHistory: string; inclusion: Inclusion; statusList: string };

/** A statement with everything that a stranger needs, its event being the third of five. */
export async function newBundle(
  issuer: TestIssuer,
  { statement = sampleAttestation(), by = issuer.statement, ...wish }: CheckpointWish & { statement?: NewStatement } = {},
): Promise<WholeBundle> {
  const signed = await signStatement(by, statement);
  await logEvent(issuer);
  await logEvent(issuer);
  const preimage = { statement: signed.digest };
  const leaf = await logEvent(issuer, {
    action: statement.kind === "cosignature" ? "cosignature.signed" : "attestation.issued",
    change: await jsonDigest(preimage),
  });
  await logEvent(issuer);
  await logEvent(issuer);
  return {
    format: "armalo-bundle/1",
    statement: signed.jws,
    keyHistory: await signHistory(issuer.root, issuer.history),
    inclusion: await inclusionOf(issuer, leaf, preimage, wish.witnessedAt === undefined ? {} : { witnessedAt: wish.witnessedAt }),
    statusList: await statusListOf(issuer),
  };
}
