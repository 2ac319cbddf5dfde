import { z } from "zod";
import { sha256Digest, type Digest } from "../digest.ts";
import { importPublicKey, thumbprint } from "../ed25519.ts";
import type { Signer } from "../signer.ts";
import { isSignedBy, jwsTypes, readJws, signJson } from "./jws.ts";

export const signingPurposes = ["statement", "checkpoint"] as const;
export type SigningPurpose = (typeof signingPurposes)[number];

/** Why a key was revoked. Whatever the reason, its signatures count only where an outside witness saw them before `since`. */
export const revocationReasons = ["key_compromise", "key_lost", "operator_error"] as const;
export type RevocationReason = (typeof revocationReasons)[number];

const Instant = z.iso.datetime({ precision: 3 });
const Thumbprint = z.string().regex(/^[\w-]{43}$/);
const Coordinate = z.string().regex(/^[\w-]{43}$/);

const HistoryKey = z.strictObject({
  kid: Thumbprint,
  purpose: z.enum(signingPurposes),
  x: Coordinate,
  introducedAt: Instant,
  /** From then on it signs nothing new; what it signed before stays good. */
  supersededAt: Instant.nullable(),
  revoked: z.strictObject({ at: Instant, reason: z.enum(revocationReasons), since: Instant }).nullable(),
});

const historyType = "https://armalo.ai/key-history/v1";

const Payload = z.strictObject({
  type: z.literal(historyType),
  /** The origins that the installation has had, the present one first. */
  issuers: z.array(z.string().min(1)).min(1).max(100),
  number: z.int().min(1),
  issuedAt: Instant,
  previous: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/)
    .nullable(),
  root: Coordinate,
  keys: z.array(HistoryKey).max(1000),
});

export type HistoryKey = z.output<typeof HistoryKey>;
/** Every key that ever signed for an issuer. Entries are added, superseded and revoked, and never leave. */
export type KeyHistory = z.output<typeof Payload>;

export type HistoryFault = "malformed" | "badly_signed";
export type OpenedHistory =
  | { readonly ok: true; readonly history: KeyHistory; readonly rootKid: string }
  | { readonly ok: false; readonly fault: HistoryFault };

/**
 * Reads a signed history and checks that the root key which it names signed it, and that each entry's thumbprint is its key's.
 * Whether that root key is the right one is for the reader to decide: compare `rootKid` with a pinned one.
 */
export async function openKeyHistory(compact: string): Promise<OpenedHistory> {
  const read = readJws(compact, jwsTypes.keyHistory);
  if (!read.ok) return { ok: false, fault: "malformed" };
  const payload = Payload.safeParse(read.jws.payload);
  if (!payload.success) return { ok: false, fault: "malformed" };
  const history = payload.data;
  const rootKid = await thumbprint(history.root);
  const root = await importPublicKey(history.root);
  const honest = await Promise.all(history.keys.map(async ({ kid, x }) => (await thumbprint(x)) === kid));
  const distinct = new Set(history.keys.map(({ kid }) => kid)).size === history.keys.length;
  if (root === undefined || rootKid !== read.jws.kid || honest.includes(false) || !distinct) return { ok: false, fault: "malformed" };
  return (await isSignedBy(read.jws, root)) ? { ok: true, history, rootKid } : { ok: false, fault: "badly_signed" };
}

/** One change of the history: what the administrator decides, and the root key signs. */
export type HistoryChange =
  | {
      readonly kind: "introduce";
      readonly purpose: SigningPurpose;
      readonly kid: string;
      readonly x: string;
      /** When the keys that it replaces stop signing: until then the new one can reach every server. */
      readonly othersEndAt: Date;
    }
  | { readonly kind: "revoke"; readonly kid: string; readonly reason: RevocationReason; readonly since: Date }
  | { readonly kind: "move"; readonly issuer: string };

export type ChangeFailure = "known_key" | "unknown_key" | "already_revoked" | "before_its_time";

/** The first history of an issuer: nothing has signed yet. */
export const newHistory = (issuer: string, rootX: string, now: Date): KeyHistory => ({
  type: historyType,
  issuers: [issuer],
  number: 1,
  issuedAt: now.toISOString(),
  previous: null,
  root: rootX,
  keys: [],
});

/**
 * The history that follows. `previous` is the digest of the signed one before, which it is one number higher than; null while the first
 * one has not been signed yet.
 */
export function changeHistory(
  history: KeyHistory,
  change: HistoryChange,
  now: Date,
  previous: Digest | null,
): { readonly ok: true; readonly history: KeyHistory } | { readonly ok: false; readonly reason: ChangeFailure } {
  const { keys, issuers } = history;
  const changed = apply({ keys, issuers }, change, now);
  if (typeof changed === "string") return { ok: false, reason: changed };
  const number = previous === null ? history.number : history.number + 1;
  return { ok: true, history: { ...history, number, issuedAt: now.toISOString(), previous, ...changed } };
}

type Content = Pick<KeyHistory, "keys" | "issuers">;

function apply({ keys, issuers }: Content, change: HistoryChange, now: Date): Content | ChangeFailure {
  if (change.kind === "move") return { keys, issuers: [change.issuer, ...issuers.filter((issuer) => issuer !== change.issuer)] };
  const changed = change.kind === "introduce" ? introduce(keys, change, now) : revoke(keys, change, now);
  return typeof changed === "string" ? changed : { keys: changed, issuers };
}

function introduce(
  keys: readonly HistoryKey[],
  { purpose, kid, x, othersEndAt }: Extract<HistoryChange, { kind: "introduce" }>,
  now: Date,
): HistoryKey[] | ChangeFailure {
  if (keys.some((key) => key.kid === kid)) return "known_key";
  if (othersEndAt < now) return "before_its_time";
  const ended = keys.map((key) =>
    key.purpose === purpose && (key.supersededAt === null || Date.parse(key.supersededAt) > othersEndAt.getTime())
      ? { ...key, supersededAt: othersEndAt.toISOString() }
      : key,
  );
  return [...ended, { kid, purpose, x, introducedAt: now.toISOString(), supersededAt: null, revoked: null }];
}

function revoke(
  keys: readonly HistoryKey[],
  { kid, reason, since }: Extract<HistoryChange, { kind: "revoke" }>,
  now: Date,
): HistoryKey[] | ChangeFailure {
  const key = keys.find((one) => one.kid === kid);
  if (key === undefined) return "unknown_key";
  if (key.revoked !== null) return "already_revoked";
  if (since > now) return "before_its_time";
  const revoked = { at: now.toISOString(), reason, since: since.toISOString() };
  return keys.map((one) => (one.kid === kid ? { ...one, revoked } : one));
}

/** Signs a history with the root key, which never comes near the Worker. */
export const signHistory = (root: Signer, history: KeyHistory): Promise<string> => signJson(root, jwsTypes.keyHistory, history);

export const historyDigest = (compact: string): Promise<Digest> => sha256Digest(compact);

/** Whether a key may sign something new at `now`. */
export const mayKeySign = (key: HistoryKey, now: Date): boolean =>
  key.revoked === null && Date.parse(key.introducedAt) <= now.getTime() && !hasEnded(key, now);

const hasEnded = ({ supersededAt }: HistoryKey, at: Date): boolean => supersededAt !== null && Date.parse(supersededAt) <= at.getTime();

/**
 * What a history says of a signature made with `kid` for `purpose` at `signedAt`, which is the signer's own claim. A revoked key
 * can claim any time, so its revocation comes first.
 */
export type KeyStanding =
  | { readonly status: "unknown" }
  | { readonly status: "other_purpose"; readonly key: HistoryKey }
  | { readonly status: "revoked"; readonly key: HistoryKey; readonly revoked: NonNullable<HistoryKey["revoked"]> }
  | { readonly status: "outside_its_time"; readonly key: HistoryKey }
  | { readonly status: "superseded"; readonly key: HistoryKey }
  | { readonly status: "active"; readonly key: HistoryKey };

export function standingOf(history: KeyHistory, kid: string, purpose: SigningPurpose, signedAt: Date): KeyStanding {
  const key = history.keys.find((one) => one.kid === kid);
  if (key === undefined) return { status: "unknown" };
  if (key.purpose !== purpose) return { status: "other_purpose", key };
  if (key.revoked !== null) return { status: "revoked", key, revoked: key.revoked };
  if (Date.parse(key.introducedAt) > signedAt.getTime() || hasEnded(key, signedAt)) return { status: "outside_its_time", key };
  return { status: key.supersededAt !== null && hasEnded(key, new Date(history.issuedAt)) ? "superseded" : "active", key };
}
