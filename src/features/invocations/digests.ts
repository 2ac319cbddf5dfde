import type { JsonValue } from "../../crypto/canonical-json.ts";
import { jsonDigest, type Digest } from "../../crypto/digest.ts";

/** What was asked of a grant: of one grant, the same digest is the same request. */
export const requestDigestOf = (args: JsonValue): Promise<Digest> => jsonDigest({ arguments: args });

/** All that an approval is bound to, beside the arguments. */
export type ActionGround = {
  readonly grantId: string;
  readonly agentId: string;
  readonly agentVersionDigest: string;
  readonly capability: { readonly id: string; readonly version: number; readonly digest: string };
  readonly policy: { readonly id: string; readonly version: number; readonly digest: string | null };
};

/** SHA-256 of the RFC 8785 form of action, arguments, agent version, policy version and grant: another one of any is another action. */
export const actionDigestOf = (
  { grantId, agentId, agentVersionDigest, capability, policy }: ActionGround,
  args: JsonValue,
): Promise<Digest> =>
  jsonDigest({
    action: { capabilityId: capability.id, capabilityVersion: capability.version, digest: capability.digest },
    arguments: args,
    agentId,
    agentVersionDigest,
    policyId: policy.id,
    policyVersion: policy.version,
    policyDigest: policy.digest,
    grantId,
  });

/** By what the ledger knows a repeated request: the caller's key under the caller's name. */
export const repeatKeyOf = (actor: string, idempotencyKey: string | null): Promise<Digest | null> =>
  idempotencyKey === null ? Promise.resolve(null) : jsonDigest({ actor, idempotencyKey });
