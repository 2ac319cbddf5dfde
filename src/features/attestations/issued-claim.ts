import { z } from "zod";
import { fromBase64Url } from "../../crypto/base64url.ts";
import { parseJson } from "../../crypto/canonical-json.ts";
import { dimensionNames } from "../../scores/names.ts";
import { dayMs } from "./attestation.ts";
import type { Claim } from "./claim-policy.ts";
import type { AttestationRow } from "./store.ts";

/** What an attestation of ours says of the claim that it was issued for (predicateOf in issue-attestation.ts). */
const Issued = z.object({
  predicate: z.object({
    requestedBy: z.enum(["organization", "agent"]),
    disclosure: z.object({ evidenceDigests: z.boolean().default(false) }),
    claim: z.object({ dimensions: z.partialRecord(z.enum(dimensionNames), z.unknown()).default({}) }),
  }),
});

/** The claim that an attestation makes, read out of what was signed, so that it can be judged by the policy of now. */
export function issuedClaim({ statement, agentId, kind, issuedAt, expiresAt }: AttestationRow): Claim {
  const payload = fromBase64Url(statement.split(".")[1] ?? "");
  const { disclosure, claim, requestedBy } = Issued.parse(payload && parseJson(payload)).predicate;
  return {
    agentId,
    kind,
    dimensions: dimensionNames.filter((name) => Object.hasOwn(claim.dimensions, name)),
    evidenceDigests: disclosure.evidenceDigests,
    lifetimeDays: Math.ceil((expiresAt.getTime() - issuedAt.getTime()) / dayMs),
    requester: requestedBy,
  };
}
