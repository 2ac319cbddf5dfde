import { sha256Digest } from "../crypto/digest.ts";
import { standingOf, type KeyStanding } from "../crypto/statement/key-history.ts";
import { isSignedBy } from "../crypto/statement/jws.ts";
import { openStatement, type OpenedStatement } from "../crypto/statement/open-statement.ts";
import { isRevocable, type Statement } from "../crypto/statement/statement.ts";
import { openStatusList, type StatusList } from "../crypto/statement/status-list.ts";
import type { Bundle } from "../crypto/statement/bundle.ts";
import { checkStatementLog, wasSeenBefore } from "./check-log.ts";
import { publicKeyOf, trustKeys, type Pins, type TrustedKeys } from "./trust.ts";
import { finding, type Finding } from "./verdicts.ts";

export type StatementReport = { readonly findings: readonly Finding[]; readonly opened: OpenedStatement | null };

/** Checks a statement: whose it is, its signature, its key, the log, its time and its revocation, each by itself. */
export async function checkStatement(bundle: Bundle, pins: Pins): Promise<StatementReport> {
  const opening = await openStatement(bundle.statement);
  if (!opening.ok) {
    const verdict = opening.fault === "not_canonical" || opening.fault === "wrong_algorithm" ? "signature_invalid" : "malformed";
    return { findings: [finding("form", verdict, opening.fault.replaceAll("_", " "))], opened: null };
  }
  const { opened } = opening;
  const { trusted, issuer } = await trustKeys(bundle.keyHistory, pins);
  const signature = await checkSignature(opened, trusted);
  const [log, list] = await Promise.all([
    checkStatementLog(opened, bundle.inclusion, trusted, pins),
    readStatusList(bundle.statusList, opened.statement, trusted),
  ]);
  const key = await checkKey(opened, { bundle, trusted, witnessedAt: log.witnessedAt, list });
  const findings = [
    issuerOf(opened.statement, trusted, issuer),
    signature,
    key,
    log.finding,
    checkExpiry(opened.statement, pins.now),
    checkRevocation(opened.statement, list, pins),
  ];
  return { findings, opened };
}

/** A statement must be by the issuer whose key history it is checked with. */
function issuerOf({ predicate }: Statement, { history }: TrustedKeys, issuer: Finding): Finding {
  if (history === null || history.issuers.includes(predicate.issuer)) return issuer;
  return finding("issuer", "issuer_unverified", `The statement says ${predicate.issuer}, the key history ${history.issuers.join(", ")}.`);
}

async function checkSignature({ kid, isSignedBy: signedBy }: OpenedStatement, trusted: TrustedKeys): Promise<Finding> {
  const publicKey = await publicKeyOf(trusted, kid);
  if (publicKey === undefined) return finding("signature", "signature_unchecked", `key ${kid}`);
  return finding("signature", (await signedBy(publicKey)) ? "signature_valid" : "signature_invalid", `key ${kid}`);
}

type ReadList = { readonly list: StatusList } | "absent" | "invalid";

async function readStatusList(compact: string | null, { predicate }: Statement, trusted: TrustedKeys): Promise<ReadList> {
  if (compact === null) return "absent";
  const opened = openStatusList(compact);
  if (opened === undefined) return "invalid";
  const { jws, list } = opened;
  const publicKey = await publicKeyOf(trusted, jws.kid);
  if (publicKey === undefined || !(await isSignedBy(jws, publicKey))) return "invalid";
  const key = trusted.history === null ? null : standingOf(trusted.history, jws.kid, "statement", new Date(list.issuedAt)).status;
  if (key !== "active" && key !== "superseded") return "invalid";
  const isIssuers = trusted.history?.issuers.includes(list.issuer) ?? list.issuer === predicate.issuer;
  return isIssuers && list.organization === predicate.organization ? { list } : "invalid";
}

type KeyContext = {
  readonly bundle: Bundle;
  readonly trusted: TrustedKeys;
  readonly witnessedAt: readonly number[];
  readonly list: ReadList;
};

async function checkKey({ kid, statement }: OpenedStatement, { bundle, trusted, witnessedAt, list }: KeyContext): Promise<Finding> {
  const { history } = trusted;
  if (history === null || !trusted.keys.some((key) => key.kid === kid)) return finding("key", "key_unknown", kid);
  const standing = standingOf(history, kid, "statement", new Date(statement.predicate.issuedAt));
  const judged = judgeStanding(standing, statement, witnessedAt);
  if (bundle.keyHistory === null || typeof list === "string" || list.list.keyHistory === (await sha256Digest(bundle.keyHistory)))
    return judged;
  // The list is newer than the statement; where it names a later history, what this one says of keys may be over.
  if (Date.parse(list.list.issuedAt) >= Date.parse(history.issuedAt) && judged.verdict !== "key_revoked")
    return finding("key", "key_history_outdated", `the revocation list of ${list.list.issuedAt} names another one`);
  return judged;
}

function judgeStanding(standing: KeyStanding, { predicate }: Statement, witnessedAt: readonly number[]): Finding {
  switch (standing.status) {
    case "unknown":
      return finding("key", "key_unknown");
    case "other_purpose":
      return finding("key", "key_other_purpose", standing.key.purpose);
    case "outside_its_time":
      return finding(
        "key",
        "key_outside_its_time",
        `signed ${predicate.issuedAt}, key from ${standing.key.introducedAt} to ${standing.key.supersededAt ?? "now"}`,
      );
    case "revoked": {
      const { at, reason, since } = standing.revoked;
      const witnessed = wasSeenBefore(witnessedAt, since);
      return finding(
        "key",
        witnessed ? "key_revoked_witnessed" : "key_revoked",
        `revoked ${at} (${reason}), not to be believed since ${since}`,
      );
    }
    case "superseded":
      return finding("key", "key_superseded", `superseded ${standing.key.supersededAt ?? ""}`);
    case "active":
      return finding("key", "key_active", `since ${standing.key.introducedAt}`);
  }
}

function checkExpiry({ predicate: { issuedAt, expiresAt } }: Statement, now: Date): Finding {
  if (Date.parse(issuedAt) > now.getTime()) return finding("expiry", "not_yet_valid", `from ${issuedAt}`);
  if (expiresAt === undefined) return finding("expiry", "without_expiry");
  return finding("expiry", Date.parse(expiresAt) <= now.getTime() ? "expired" : "not_expired", `until ${expiresAt}`);
}

/** The reader's clock and the issuer's may be so far apart. */
const clockSkewSeconds = 300;

function checkRevocation(statement: Statement, read: ReadList, { now, maxListAgeSeconds }: Pins): Finding {
  if (!isRevocable(statement)) return finding("revocation", "not_revocable");
  if (read === "absent") return finding("revocation", "list_absent");
  if (read === "invalid") return finding("revocation", "list_invalid");
  const { list } = read;
  const ageSeconds = Math.round((now.getTime() - Date.parse(list.issuedAt)) / 1000);
  const entry = list.revoked.find(({ id }) => id === statement.predicate.id);
  if (entry !== undefined) return finding("revocation", "revoked", `${entry.at}: ${entry.reason}`);
  if (ageSeconds < -clockSkewSeconds) return finding("revocation", "list_early", `the list is of ${list.issuedAt}`);
  const age = `the list of ${list.issuedAt} is ${inWords(Math.max(0, ageSeconds))} old`;
  return finding("revocation", ageSeconds > maxListAgeSeconds ? "list_stale" : "not_revoked", age);
}

/** A span of time in its largest whole unit. */
function inWords(seconds: number): string {
  const units = [
    [86_400, "day"],
    [3_600, "hour"],
    [60, "minute"],
  ] as const;
  const [size, name] = units.find(([unit]) => seconds >= unit) ?? [1, "second"];
  const count = Math.floor(seconds / size);
  return `${count} ${name}${count === 1 ? "" : "s"}`;
}
