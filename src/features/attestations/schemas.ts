import { z } from "@hono/zod-openapi";
import { linkTokenPattern } from "../../crypto/link-token.ts";
import { pageOf, pageQuery } from "../../http/pagination.ts";
import { idPattern } from "../../platform/ids.ts";
import { dimensionNames } from "../../scores/names.ts";
import { EnvelopeName, StatementBundle } from "../statements/index.ts";
import { attestationKinds, maxLifetimeDays, maxShareDays } from "./attestation.ts";
import { ClaimPolicy } from "./claim-policy.ts";

const AgentId = z.string().regex(idPattern("agent"));
const Time = z.iso.datetime();
const evidenceDigests = z.boolean().default(false).openapi({ description: "Whether digests of the evidence stand in it." });

const About = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("score"),
    dimensions: z
      .array(z.enum(dimensionNames))
      .refine((names) => new Set(names).size === names.length, "A dimension is named twice.")
      .default([...dimensionNames])
      .openapi({ description: "Dimensions whose figures are shown; the others are named as withheld." }),
    evidenceDigests,
  }),
  z.strictObject({ kind: z.literal("eval_run"), runId: z.string().regex(idPattern("run")), evidenceDigests }),
  z.strictObject({
    kind: z.literal("pact"),
    pactId: z.string().regex(idPattern("pact")),
    evidenceDigests: evidenceDigests.openapi({
      description: "Whether it names who has co-signed the pact, by the digests of their statements.",
    }),
  }),
]);
export type About = z.output<typeof About>;

export const IssueAttestationBody = z
  .strictObject({ about: About, lifetimeDays: z.int().min(1).max(maxLifetimeDays).default(30), envelope: EnvelopeName })
  .openapi("IssueAttestation");
export type IssueInput = z.output<typeof IssueAttestationBody>;

export const RevokeAttestationBody = z
  .strictObject({
    reason: z.string().trim().min(1).max(200).openapi({ description: "Stands on the public revocation list." }),
  })
  .openapi("RevokeAttestation");

export const ShareAttestationBody = z
  .strictObject({
    lifetimeSeconds: z
      .int()
      .min(60)
      .max(maxShareDays * 86_400)
      .default(7 * 86_400),
  })
  .openapi("ShareAttestation");

export const AgentParams = z.object({ agentId: AgentId });
export const AttestationParams = z.object({ attestationId: z.string().regex(idPattern("attestation")) });
export const SharedParams = z.object({ token: z.string().regex(linkTokenPattern) });
export const OrganizationParams = z.object({ organizationId: z.string().regex(idPattern("organization")) });
export const ListAttestationsQuery = z.object({ ...pageQuery, agentId: AgentId.optional() });

const fields = {
  id: z.string(),
  agentId: z.string(),
  kind: z.enum(attestationKinds),
  about: z.string().openapi({ description: "The agent, eval run or pact that it is about." }),
  state: z.enum(["active", "expired", "revoked"]),
  statement: z.string().openapi({ description: "An in-toto Statement as a compact JWS." }),
  digest: z.string().openapi({ description: "SHA-256 of the payload." }),
  kid: z.string(),
  requestedBy: z.string(),
  issuedAt: Time,
  expiresAt: Time,
  revokedAt: Time.nullable(),
  revokedReason: z.string().nullable(),
};
export const Attestation = z.object(fields).openapi("Attestation");
export const AttestationPage = pageOf(Attestation).openapi("AttestationPage");
export const IssuedAttestation = z
  .object({
    ...fields,
    logState: z.enum(["included", "late", "stopped"]).openapi({
      description: "`late`: the log had not covered it yet; the bundle can be read again. `stopped`: the log found tampering.",
    }),
    bundle: StatementBundle,
  })
  .openapi("IssuedAttestation");

const { requestedBy: _, ...sharedFields } = fields;
export const SharedAttestation = z
  .object({ ...sharedFields, logState: IssuedAttestation.shape.logState, bundle: StatementBundle })
  .openapi("SharedAttestation");

export const AttestationShare = z
  .object({
    id: z.string(),
    attestationId: z.string(),
    url: z.string().nullable().openapi({ description: "Shown this once; null when a repeated request is answered." }),
    expiresAt: Time,
  })
  .openapi("AttestationShare");

export const ClaimPolicyView = z
  .object({
    number: z.int().nullable().openapi({ description: "Null where the operators have set none: then nothing may be attested." }),
    digest: z.string().nullable().openapi({ description: "Of the whole policy; attestations name it." }),
    policy: ClaimPolicy.nullable().openapi({ description: "A credential that is bound to an agent sees the rules for that agent alone." }),
  })
  .openapi("ClaimPolicy");

export type AttestationView = z.input<typeof Attestation>;
export type IssuedView = z.input<typeof IssuedAttestation>;
export type SharedView = z.input<typeof SharedAttestation>;
export type ShareView = z.input<typeof AttestationShare>;
