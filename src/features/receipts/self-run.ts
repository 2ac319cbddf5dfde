import { z } from "zod";
import { sha256Digest, type Digest } from "../../crypto/digest.ts";
import { importPublicKey } from "../../crypto/ed25519.ts";
import { isSignedBy, jwsTypes, readJws } from "../../crypto/statement/jws.ts";
import type { AgentKeyRow } from "../agent-keys/index.ts";
import type { EvidenceRecord } from "../scores/index.ts";

const Sha256 = z.string().regex(/^sha256:[0-9a-f]{64}$/);

/** Evidence fades from when it is imported, so an old run must not come in as a new one. */
const oldestMs = 7 * 86_400_000;

/** What an agent can measure of itself: pacts are kept before us, and a counterparty is somebody else. */
const selfRunDimensions = ["accuracy", "safety", "reliability", "latency", "costEfficiency"] as const;

const Artifact = z.strictObject({
  type: z.literal("https://armalo.ai/self-run/v1"),
  agentId: z.string(),
  versionDigest: Sha256,
  suiteDigest: Sha256,
  /** Said by the agent, so that whoever passes a simulation off as evidence has signed a lie: simulations never score. */
  mode: z.literal("production"),
  ranAt: z.iso.datetime({ offset: true }),
  checks: z
    .array(
      z.strictObject({
        caseIndex: z.int().min(0).max(9_999),
        check: z.string().min(1).max(64),
        dimension: z.enum(selfRunDimensions),
        value: z.number().min(0).max(1),
      }),
    )
    .min(1)
    .max(1_000),
});
export type SelfRun = z.output<typeof Artifact>;

export type SelfRunVerdict =
  | { readonly ok: true; readonly run: SelfRun; readonly digest: Digest; readonly key: { readonly x: string } }
  | { readonly ok: false; readonly message: string };

const refuse = (message: string): SelfRunVerdict => ({ ok: false, message });

/** Checks the artifact of an eval that an agent ran by itself: its signature, its form, of which version of the agent it is, and its age. */
export async function judgeSelfRun(
  compact: string,
  agent: { readonly id: string; readonly versionDigest: string },
  keys: readonly AgentKeyRow[],
  now: Date,
): Promise<SelfRunVerdict> {
  const read = readJws(compact, jwsTypes.selfRun, "any");
  if (!read.ok) return refuse(`Not a JWS with typ ${jwsTypes.selfRun}, alg EdDSA and a kid (${read.fault}).`);
  const row = keys.find(({ kid, revokedAt }) => kid === read.jws.kid && revokedAt === null);
  const key = row === undefined ? undefined : await importPublicKey(row.x);
  if (row === undefined || key === undefined || !(await isSignedBy(read.jws, key)))
    return refuse("Not signed by a registered key of the agent.");
  const run = Artifact.safeParse(read.jws.payload);
  if (!run.success) return refuse(`The artifact's ${run.error.issues[0]?.path.join(".") || "content"} is not of its form.`);
  const { agentId, versionDigest, ranAt, checks } = run.data;
  if (agentId !== agent.id) return refuse("It is of another agent.");
  if (versionDigest !== agent.versionDigest) return refuse("It is of another version of the agent than the present one.");
  const ageMs = now.getTime() - Date.parse(ranAt);
  if (ageMs < 0 || ageMs > oldestMs) return refuse("`ranAt` is in the future, or more than seven days ago.");
  const places = new Set(checks.map(({ caseIndex, check, dimension }) => `${caseIndex} ${check} ${dimension}`));
  if (places.size !== checks.length) return refuse("A check is in it twice.");
  return { ok: true, run: run.data, digest: await sha256Digest(read.jws.payloadBytes), key: { x: row.x } };
}

/** What it is worth as evidence: the least that scores, and as its own organization's. `runId` is the receipt's. */
export const evidenceOfSelfRun = (
  { suiteDigest, versionDigest, checks }: SelfRun,
  { receiptId, orgId, versionNumber, now }: { receiptId: string; orgId: string; versionNumber: number; now: Date },
): EvidenceRecord => ({
  runId: receiptId,
  suiteDigest,
  author: orgId,
  assurance: "self_run",
  versionNumber,
  versionDigest,
  at: now.toISOString(),
  entries: checks.map(({ caseIndex, check, dimension, value }) => ({ caseIndex, check, dimension, value })),
  unavailable: [],
});
