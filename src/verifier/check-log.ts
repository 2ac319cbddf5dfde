import { parseCheckpoint, type Checkpoint } from "../audit/transparency/checkpoint.ts";
import { verifyInclusion } from "../audit/transparency/merkle.ts";
import { parseNote, verifierKey, type VerifierKey } from "../audit/transparency/signed-note.ts";
import { parseTlogProof } from "../audit/transparency/tlog-proof.ts";
import { hashLeaf } from "../audit/transparency/tree-hash.ts";
import { verifyNote } from "../audit/transparency/verify-note.ts";
import { canonicalJson } from "../crypto/canonical-json.ts";
import { fromBase64Url } from "../crypto/base64url.ts";
import { jsonDigest } from "../crypto/digest.ts";
import { utf8 } from "../crypto/encoding.ts";
import type { OpenedStatement } from "../crypto/statement/open-statement.ts";
import { predicateTypes } from "../crypto/statement/statement.ts";
import type { HistoryKey } from "../crypto/statement/key-history.ts";
import type { Inclusion, Leaf } from "../crypto/statement/bundle.ts";
import type { Pins, TrustedKeys } from "./trust.ts";
import { finding, type Finding, type Verdict } from "./verdicts.ts";

export type CheckedCheckpoint = {
  readonly checkpoint: Checkpoint;
  /** When each of the reader's witnesses saw it, in milliseconds since 1970. */
  readonly witnessedAt: readonly number[];
};
export type CheckpointResult =
  | { readonly ok: true; readonly checked: CheckedCheckpoint }
  | { readonly ok: false; readonly verdict: Verdict; readonly detail: string };

const logOrigin = (issuer: string, orgId: string): string => `${URL.canParse(issuer) ? new URL(issuer).host : issuer}/log/${orgId}`;

/** Checks a signed checkpoint against the issuer's keys; `origins` are the names of the log that it must be of, null where any will do. */
export async function checkCheckpoint(
  note: string,
  origins: readonly string[] | null,
  trusted: TrustedKeys,
  pins: Pins,
): Promise<CheckpointResult> {
  const parsed = parseNote(note);
  const checkpoint = parsed === undefined ? undefined : parseCheckpoint(parsed.text);
  if (parsed === undefined || checkpoint === undefined) return refuse("checkpoint_badly_signed", "It is not a signed checkpoint.");
  if (origins !== null && !origins.includes(checkpoint.origin))
    return refuse("checkpoint_of_other_log", `It is of ${checkpoint.origin}, not of ${origins.join(" or ")}.`);
  const candidates = trusted.keys.filter(({ purpose }) => purpose === "checkpoint").flatMap((key) => noteKey(checkpoint.origin, key));
  const verdict = await verifyNote(parsed, [...candidates.map(({ verifier }) => verifier), ...pins.witnesses]);
  if (!verdict.ok)
    return refuse(
      "checkpoint_badly_signed",
      verdict.reason === "bad_signature" ? "A signature does not hold." : "No key of the log signed it.",
    );
  const signedBy = verdict.verified.flatMap(({ key }) => candidates.filter(({ verifier }) => verifier === key));
  if (signedBy.length === 0) return refuse("checkpoint_badly_signed", "No key of the log signed it.");
  const witnessedAt = verdict.verified.flatMap(({ witnessedAt: seconds }) => (seconds === null ? [] : [seconds * 1000]));
  const good = signedBy.some(({ key }) => key.revoked === null || wasSeenBefore(witnessedAt, key.revoked.since));
  if (!good) return refuse("checkpoint_key_revoked", `The key was revoked (${signedBy[0]?.key.revoked?.reason ?? ""}).`);
  return { ok: true, checked: { checkpoint, witnessedAt } };
}

export const wasSeenBefore = (witnessedAt: readonly number[], since: string): boolean => witnessedAt.some((at) => at < Date.parse(since));

const refuse = (verdict: Verdict, detail: string): CheckpointResult => ({ ok: false, verdict, detail });

function noteKey(origin: string, key: HistoryKey): { verifier: VerifierKey; key: HistoryKey }[] {
  const publicKey = fromBase64Url(key.x);
  if (publicKey?.length !== 32 || /[\s+]/.test(origin)) return [];
  return [{ verifier: verifierKey(origin, 1, publicKey), key }];
}

/** RFC 6962 leaf hash of a leaf's canonical JSON. */
export const hashOfLeaf = (leaf: Leaf) => hashLeaf(utf8(canonicalJson(leaf)));

/** Checks that the event which issued a statement stands in the organization's log. */
export async function checkStatementLog(
  { statement, digest }: OpenedStatement,
  inclusion: Inclusion | null,
  trusted: TrustedKeys,
  pins: Pins,
): Promise<{ finding: Finding; witnessedAt: readonly number[] }> {
  const fail = (verdict: Verdict, detail = "") => ({ finding: finding("log", verdict, detail), witnessedAt: [] });
  if (inclusion === null) return fail(statement.predicateType === predicateTypes.transcript ? "not_logged" : "inclusion_absent");
  const { leaf, preimage } = inclusion;
  const { issuer, organization, id } = statement.predicate;
  // An installation that moved to another address names its logs anew.
  const origins = (trusted.history?.issuers ?? [issuer]).map((address) => logOrigin(address, organization));
  if (preimage.statement !== digest) return fail("event_of_another", "The event names the digest of another statement.");
  if (leaf.change !== (await jsonDigest(preimage))) return fail("event_of_another", "The event is not about this statement.");
  if (leaf.orgId !== organization) return fail("event_of_another", `The event is of ${leaf.orgId}, the statement of ${organization}.`);
  const proof = parseTlogProof(inclusion.proof);
  if (proof === undefined) return fail("inclusion_invalid", "The proof cannot be read.");
  const result = await checkCheckpoint(proof.checkpoint, origins, trusted, pins);
  if (!result.ok) return fail(result.verdict, result.detail);
  const { checkpoint, witnessedAt } = result.checked;
  const holds =
    proof.index === leaf.seq - 1 && verifyInclusion(hashOfLeaf(leaf), proof.index, checkpoint.size, proof.hashes, checkpoint.root);
  if (!holds) return fail("inclusion_invalid", `Event ${leaf.seq} is not shown to be among the ${checkpoint.size} of the checkpoint.`);
  const seen = witnessedAt.length === 0 ? "no witness of yours" : `${witnessedAt.length} of your witnesses`;
  return {
    finding: finding("log", "included", `${id} is event ${leaf.seq} of ${checkpoint.size} in ${checkpoint.origin}; ${seen} co-signed`),
    witnessedAt,
  };
}
