import { v7 } from "uuid";
import { encodeBase62 } from "../crypto/base62.ts";

/** Prefixes of every identifier that newId makes; those that carry a tag are made in access/tagged-id.ts. */
export const idPrefixes = {
  organization: "org",
  key: "key",
  agent: "agt",
  pact: "pct",
  pactCheck: "pck",
  pactOffer: "off",
  cosignature: "csg",
  suite: "sui",
  run: "evl",
  judgePanel: "jpn",
  calibration: "cal",
  score: "scr",
  evidence: "evd",
  auditEvent: "aud",
  securityEvent: "sec",
  attestation: "att",
  share: "shr",
  receipt: "rcp",
  cardKey: "crk",
  swarm: "swm",
  roomToken: "rtk",
  roomVisit: "rvs",
  transcript: "trn",
  roomRevocation: "rrv",
  member: "mbr",
  signInLink: "sil",
  session: "ses",
  checkout: "chk",
  subscription: "sub",
  webhookEndpoint: "whe",
  webhookEvent: "evt",
  notice: "ntc",
  capability: "cap",
  policy: "pol",
  grant: "grt",
  invocation: "inv",
  approval: "apr",
  rating: "rtg",
  runtimeException: "exc",
  telemetryEvent: "tel",
  request: "req",
  accessToken: "tok",
} as const;

export type IdKind = keyof typeof idPrefixes;
export type Id<K extends IdKind> = `${(typeof idPrefixes)[K]}_${string}`;

/** A new time-ordered name: a UUIDv7 (RFC 9562) as 22 base62 digits. */
export const newName = (): string => encodeBase62(v7({}, new Uint8Array(16)), 22);

/** A new identifier: the kind's prefix and a name. */
export const newId = <K extends IdKind>(kind: K): Id<K> => `${idPrefixes[kind]}_${newName()}`;

/** What any identifier of a kind looks like, for schemas. */
export const idPattern = (kind: IdKind): RegExp => new RegExp(`^${idPrefixes[kind]}_[0-9A-Za-z]{22}$`);
