import { z } from "@hono/zod-openapi";
import { scopes } from "../access/scopes.ts";
import { taggedIdPattern } from "../access/tagged-id.ts";
import { digestPattern } from "../crypto/digest.ts";
import { severities } from "../expressions/outcome.ts";
import { attestationKinds } from "../features/attestations/attestation.ts";
import { reasonCodes, runModes, verdicts } from "../features/evals/run.ts";
import { tierNames } from "../scores/names.ts";
import { idPattern, type IdKind } from "../platform/ids.ts";
import { webhookEventTypes, type WebhookEventType } from "./event-types.ts";

// What each type of event tells: identifiers and what a receiver needs to act. Never a secret, a capability, free text or personal data; every
// string and list has a bound, so that a delivery stays far below 20,000 bytes.

const longestId = 72;
const id = (kind: IdKind) => z.string().regex(idPattern(kind)).max(longestId);
const RoomId = z.string().regex(taggedIdPattern("room")).max(longestId);
const Digest = z.string().regex(digestPattern).max(71);
const Time = z.iso.datetime().max(24);
const Count = z.int().min(0).max(1_000_000);
const Tier = z.enum(tierNames).nullable();
const Share = z.number().min(0).max(1);

const scoreSchemas = () => {
  const VisibleScore = z.strictObject({
    status: z.enum(["scored", "insufficient_evidence"]),
    compositeScore: z.int().min(0).max(1000).nullable(),
    certificationTier: Tier,
    confidencePercent: z.int().min(0).max(100),
    openCriticalViolations: Count.describe("how many critical conditions are violated"),
  });
  const score = { agentId: id("agent"), scoreId: id("score") };
  return {
    "score.changed": z.strictObject({ ...score, from: VisibleScore, to: VisibleScore }),
    "score.tier_changed": z.strictObject({ ...score, from: Tier, to: Tier }),
  } as const;
};

const pactSchemas = () =>
  ({
    "pact.activated": z.strictObject({
      pactId: id("pact"),
      agentId: id("agent"),
      lineageId: id("pact"),
      version: z.int().min(1).max(1_000_000_000),
      digest: Digest,
      supersededId: id("pact").nullable(),
    }),
    "pact.cosigned": z.strictObject({
      as: z.enum(["promisor", "cosigner"]).describe("which side of it this organization is"),
      pactId: id("pact"),
      pactDigest: Digest.describe("what was agreed to"),
      offerId: id("pactOffer"),
      cosignatureId: id("cosignature"),
      organizationId: id("organization").describe("the other side"),
      digest: Digest.describe("of the signed statement"),
    }),
    "pact.violated": z.strictObject({
      pactId: id("pact"),
      pactDigest: Digest,
      agentId: id("agent"),
      checkId: id("pactCheck").nullable().describe("the check of a reported answer or call that found it"),
      runId: id("run").nullable().describe("the eval run that found it"),
      conditions: z
        .array(z.strictObject({ id: z.string().max(64), severity: z.enum(severities) }))
        .min(1)
        .max(32)
        .describe("the conditions that were not kept, each once; those of severity `info` are not among them"),
    }),
  }) as const;

const runSchemas = () => {
  const run = {
    runId: id("run"),
    agentId: id("agent"),
    agentVersionNumber: z.int().min(1).max(1_000_000_000),
    suiteId: id("suite"),
    suiteDigest: Digest,
    mode: z.enum(runModes),
    reasonCodes: z.array(z.enum(reasonCodes)).max(2 * reasonCodes.length),
    finishedAt: Time,
  };
  return {
    "eval.completed": z.strictObject({ ...run, verdict: z.enum(verdicts), passRate: Share.nullable(), lower95: Share.nullable() }),
    "eval.failed": z.strictObject({ ...run, status: z.enum(["partial", "errored"]) }),
  } as const;
};

const attestationSchemas = () => {
  const attestation = {
    attestationId: id("attestation"),
    agentId: id("agent"),
    kind: z.enum(attestationKinds),
    digest: Digest.describe("of the signed statement"),
  };
  return {
    "attestation.issued": z.strictObject({ ...attestation, about: z.string().max(longestId), issuedAt: Time, expiresAt: Time }),
    "attestation.revoked": z.strictObject({ ...attestation, revokedAt: Time }),
  } as const;
};

const approvalSchemas = () => {
  const approval = {
    approvalId: id("approval"),
    grantId: id("grant"),
    agentId: id("agent"),
    invocationId: id("invocation").describe("the call that asked for it"),
    actionDigest: Digest.describe("the one action that it is for"),
    previewDigest: Digest.describe("the text that is decided on"),
    expiresAt: Time,
  };
  const decided = { ...approval, decidedBy: id("member") };
  const used = { ...decided, consumedBy: id("invocation").describe("the call that used it up") };
  return {
    "approval.proposed": z.strictObject(approval),
    "approval.pending": z.strictObject(approval).describe("a signed-in person decides it on `/approvals/{approvalId}` here"),
    "approval.approved": z.strictObject(decided),
    "approval.denied": z.strictObject(decided),
    "approval.expired": z.strictObject(approval).describe("nobody decided in time, or what was approved was not used in time"),
    "approval.cancelled": z.strictObject(approval),
    "approval.invalidated": z.strictObject(approval).describe("what it was for is no longer what would be done"),
    "approval.consumed": z.strictObject(used),
    "approval.effect_confirmed": z.strictObject(used),
    "approval.effect_failed": z.strictObject(used),
    "approval.effect_unknown": z.strictObject(used),
  } as const;
};

const grantSchemas = () => {
  const grant = { grantId: id("grant"), agentId: id("agent"), capabilityId: id("capability"), policyId: id("policy") };
  return {
    "grant.created": z.strictObject({ ...grant, expiresAt: Time.nullable() }),
    "grant.promoted": z.strictObject({ ...grant, basis: Digest.describe("the versions that it was promoted for") }),
    "grant.demoted": z.strictObject(grant),
    "grant.revoked": z.strictObject(grant),
  } as const;
};

const keySchemas = () => {
  const key = {
    keyId: id("key"),
    scopes: z.array(z.enum(scopes)).max(64),
    agentId: id("agent").nullable().describe("the one agent that the key is bound to"),
    expiresAt: Time.nullable(),
  };
  return {
    "key.created": z.strictObject(key),
    "key.rotated": z.strictObject({ ...key, replacementId: id("key"), diesAt: Time.describe("when the old key ends") }),
    "key.revoked": z.strictObject({ keyId: id("key"), revokedAt: Time }),
  } as const;
};

const makeSchemas = () =>
  ({
    ...scoreSchemas(),
    ...pactSchemas(),
    ...runSchemas(),
    ...attestationSchemas(),
    ...approvalSchemas(),
    ...grantSchemas(),
    ...keySchemas(),
    "payment.settled": z.strictObject({
      operation: z.string().max(64).describe("what was sold"),
      about: z.string().max(longestId).describe("the agent, pact or panel of this organization that it was about"),
      network: z.string().max(64).describe("CAIP-2"),
      asset: z.string().max(64),
      amount: z
        .string()
        .regex(/^\d{1,78}$/)
        .max(78)
        .describe("atomic units of the asset"),
      outcome: z.enum(["delivered", "credited"]).describe("`credited`: paid for, and still owed"),
      settledAt: Time,
    }),
    "room.member_revoked": z.strictObject({
      revocationId: id("roomRevocation"),
      roomId: RoomId,
      agentId: id("agent").nullable(),
      tokenId: id("roomToken").nullable(),
      until: Time.nullable().describe("null: for good"),
    }),
    "webhook.disabled": z.strictObject({ endpointId: id("webhookEndpoint"), reason: z.enum(["operator", "gone", "failing"]) }),
    "webhook.test": z.strictObject({ endpointId: id("webhookEndpoint") }),
  }) as const satisfies Record<WebhookEventType, z.ZodObject>;

type Schemas = ReturnType<typeof makeSchemas>;
/** What is told of each type, beside what every event has. */
export type EventData = { readonly [T in WebhookEventType]: z.input<Schemas[T]> };
/** Something to tell the organization's own systems; who hears it, the endpoints' lists say. */
export type Announcement = { readonly [T in WebhookEventType]: { readonly type: T; readonly data: EventData[T] } }[WebhookEventType];

let made: Schemas | undefined;
/** The schemas of what is told, by type. Made at the first use: a Worker that starts needs none. */
const eventDataSchemas = (): Schemas => (made ??= makeSchemas());

/** The whole body of a delivery: what is signed. */
export const eventSchemaOf = (type: WebhookEventType) =>
  z.strictObject({
    id: id("webhookEvent").describe("the `webhook-id` of every attempt and replay: whoever keeps it handles each event once"),
    type: z.literal(type),
    timestamp: Time.describe("when it happened"),
    organizationId: id("organization"),
    data: eventDataSchemas()[type],
  });

/** The JSON Schema (2020-12) of each type's body, as it is published. */
export const eventJsonSchemas = () => webhookEventTypes.map((type) => ({ type, schema: z.toJSONSchema(eventSchemaOf(type)) }));
