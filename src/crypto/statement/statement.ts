import { z } from "zod";
import { canonicalJson, type JsonValue } from "../canonical-json.ts";
import { sha256Digest, type Digest } from "../digest.ts";
import { utf8 } from "../encoding.ts";
import type { Signer } from "../signer.ts";
import { inTotoMediaType, signDsse } from "./dsse.ts";
import { jwsTypes, signBytes } from "./jws.ts";

const statementType = "https://in-toto.io/Statement/v1";

/** What a statement can be about, by its in-toto predicate type. */
export const predicateTypes = {
  score: "https://armalo.ai/attestation/score/v1",
  eval_run: "https://armalo.ai/attestation/eval-run/v1",
  pact: "https://armalo.ai/attestation/pact/v1",
  receipt: "https://armalo.ai/receipt/v1",
  cosignature: "https://armalo.ai/pact-cosignature/v1",
  payment: "https://armalo.ai/payment/v1",
  transcript: "https://armalo.ai/room-transcript/v1",
} as const;
export type StatementKind = keyof typeof predicateTypes;

const attestationTypes: readonly string[] = [predicateTypes.score, predicateTypes.eval_run, predicateTypes.pact];
/** About no agent of the organization: a pact of another one's, a payment to the installation, a room. */
const agentlessTypes: readonly string[] = [predicateTypes.cosignature, predicateTypes.payment, predicateTypes.transcript];

export const deploymentKinds = ["local", "on-premises", "cloud"] as const;
export type DeploymentKind = (typeof deploymentKinds)[number];

const Instant = z.iso.datetime({ precision: 3 });
const Sha256 = z.string().regex(/^sha256:[0-9a-f]{64}$/);

const Subject = z.strictObject({ name: z.string().min(1), digest: z.strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/) }) });
export type Subject = z.output<typeof Subject>;

/** What every predicate of ours says of itself: which statement it is, whose, from what kind of installation, about which agent of theirs. */
const predicateBasics = {
  id: z.string().min(1),
  /** The origin that issued it. */
  issuer: z.string().min(1),
  deployment: z.strictObject({ kind: z.enum(deploymentKinds), environment: z.enum(["live", "test"]) }),
  organization: z.string().min(1),
  /** Left out where the statement is about no agent of the organization. */
  agent: z.strictObject({ id: z.string(), versionNumber: z.int().min(1), versionDigest: Sha256 }).optional(),
  issuedAt: Instant,
} as const;

const Predicate = z.looseObject({
  ...predicateBasics,
  expiresAt: Instant.optional(),
  number: z.int().min(1).optional(),
  previous: Sha256.nullable().optional(),
});

/** An in-toto Statement v1 of ours, as far as a verifier needs to know it. */
export const Statement = z
  .strictObject({
    _type: z.literal(statementType),
    subject: z.array(Subject).min(1).max(64),
    predicateType: z.enum(predicateTypes),
    predicate: Predicate,
  })
  .refine(
    ({ predicateType, predicate }) => !attestationTypes.includes(predicateType) || predicate.expiresAt !== undefined,
    "An attestation without an end.",
  )
  .refine(
    ({ predicateType, predicate }) => (predicate.agent === undefined) === agentlessTypes.includes(predicateType),
    "Only what is about an agent of the organization names one, and names it always.",
  );
export type Statement = z.output<typeof Statement>;

/** What its organization can take back: attestations and co-signatures. */
export const isRevocable = ({ predicateType }: Statement): boolean =>
  attestationTypes.includes(predicateType) || predicateType === predicateTypes.cosignature;

/** A subject of an in-toto statement from one of our `sha256:` digests. */
export const subjectOf = (name: string, digest: string): Subject => ({ name, digest: { sha256: digest.replace(/^sha256:/, "") } });

export type SignedStatement = {
  readonly jws: string;
  /** Base64: of the same payload, by the same key, for its DSSE envelope. */
  readonly dsseSignature: string;
  /** SHA-256 of the payload's bytes: what the log, the receipt chain and both envelopes have in common. */
  readonly digest: Digest;
};

export type NewStatement = {
  readonly subject: readonly Subject[];
  readonly kind: StatementKind;
  readonly predicate: { readonly [name: string]: JsonValue | undefined };
};

/** Signs a statement as a compact JWS and as DSSE. Throws where it is not a statement that our verifier would take. */
export async function signStatement(signer: Signer, { subject, kind, predicate }: NewStatement): Promise<SignedStatement> {
  const statement = { _type: statementType, subject, predicateType: predicateTypes[kind], predicate };
  Statement.parse(statement);
  const payload = utf8(canonicalJson(statement));
  const [jws, dsseSignature, digest] = await Promise.all([
    signBytes(signer, jwsTypes.statement, payload, inTotoMediaType.replace("application/", "")),
    signDsse(signer, payload),
    sha256Digest(payload),
  ]);
  return { jws, dsseSignature, digest };
}
