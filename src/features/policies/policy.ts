import type { JsonValue } from "../../crypto/canonical-json.ts";
import { jsonDigest, type Digest } from "../../crypto/digest.ts";
import { problem } from "../../http/problem.ts";
import { checkTerms } from "../../policies/check-terms.ts";
import type { PolicyTerms } from "../../policies/policy.ts";
import type { CurrentCapability } from "../capabilities/index.ts";
import type { PolicyHeadView, PolicyVersionView } from "./schemas.ts";
import type { PolicyRow, PolicyVersionRow } from "./store.ts";

export const digestTerms = (terms: PolicyTerms): Promise<Digest> => jsonDigest(terms);

export type NewVersion = Pick<PolicyVersionRow, "policyId" | "version" | "terms" | "createdBy" | "createdAt">;

/** A version as it is stored. */
export const newVersion = async (version: NewVersion, { version: capabilityVersion }: CurrentCapability): Promise<PolicyVersionRow> => ({
  ...version,
  digest: await digestTerms(version.terms),
  capabilityVersion,
});

/** The capability that rules can be written for: one that is in service. */
export function requireCapability(found: CurrentCapability | undefined): CurrentCapability {
  if (found === undefined || found.status !== "active") {
    const blocker = found === undefined ? "no such capability" : "the capability is retired";
    throw problem("invalid_request", blocker, {
      errors: [{ path: "body.capabilityId", message: "There is no such capability in service." }],
    });
  }
  return found;
}

/** Refuses terms that do not fit the capability, and says where. */
export function requireFitting(terms: PolicyTerms, { definition }: CurrentCapability, code: "invalid_request" | "state_conflict"): void {
  const issues = checkTerms(terms, definition);
  if (issues.length === 0) return;
  const errors = issues.map(({ path, message }) => ({ path: `body.terms.${path}`, message }));
  throw problem(code, `the terms do not fit the capability: ${issues.length} issues`, { errors });
}

export const toHead = ({
  id,
  capabilityId,
  name,
  activeVersion,
  latestVersion,
  activation,
  createdAt,
  updatedAt,
}: PolicyRow): PolicyHeadView => ({
  id,
  capabilityId,
  name,
  activeVersion,
  latestVersion,
  activation,
  createdAt: createdAt.toISOString(),
  updatedAt: updatedAt.toISOString(),
});

export const toVersion = ({
  policyId,
  version,
  terms,
  digest,
  capabilityVersion,
  createdBy,
  createdAt,
}: PolicyVersionRow): PolicyVersionView => ({
  policyId,
  version,
  terms,
  digest,
  capabilityVersion,
  createdBy,
  createdAt: createdAt.toISOString(),
});

/** What the log says of a version. */
export const changeOf = ({ version, digest, capabilityVersion }: PolicyVersionRow): JsonValue => ({ version, digest, capabilityVersion });
