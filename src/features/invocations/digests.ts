import type { JsonValue } from "../../crypto/canonical-json.ts";
import { jsonDigest, type Digest } from "../../crypto/digest.ts";
import { isStorable, type JsonObject } from "../../expressions/json.ts";
import { problem } from "../../http/problem.ts";

/** What was asked: the grant and the arguments. What JSON can spell and no digest can hold is refused. */
export function requestDigestOf(grantId: string, args: JsonObject): Promise<Digest> {
  if (!isStorable(args)) {
    const message = "Holds U+0000 or half a surrogate pair.";
    throw problem("invalid_request", message, { errors: [{ path: "body.arguments", message }] });
  }
  return jsonDigest({ grantId, arguments: args });
}

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
