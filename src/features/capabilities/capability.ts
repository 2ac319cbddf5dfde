import { jsonDigest } from "../../crypto/digest.ts";
import { problem } from "../../http/problem.ts";
import type { EgressPolicy } from "../../platform/egress-url.ts";
import type { CapabilityDefinition } from "../../upstreams/capability.ts";
import { checkDefinition } from "../../upstreams/check-definition.ts";
import type { CapabilityView, VersionView } from "./schemas.ts";
import type { CurrentCapability, VersionRow } from "./store.ts";

export function toCapability({ credentialVersion, revision: _revision, createdAt, updatedAt, ...row }: CurrentCapability): CapabilityView {
  const times = { createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
  return { ...row, hasCredential: credentialVersion > 0, ...times };
}

export const toVersion = ({ orgId: _org, createdAt, ...row }: VersionRow): VersionView => ({ ...row, createdAt: createdAt.toISOString() });

export const digestDefinition = (definition: CapabilityDefinition): Promise<string> => jsonDigest(definition);

/** Throws where it cannot be used, with the path of each fault. */
export function requireUsable(definition: CapabilityDefinition, policy: EgressPolicy): void {
  const faults = checkDefinition(definition, policy);
  const errors = faults.map(({ path, message }) => ({ path: ["body.definition", ...(path === "" ? [] : [path])].join("."), message }));
  if (errors.length > 0) throw problem("invalid_request", "the definition cannot be used", { errors });
}

/** A credential is for one place: where it is sent, and in which header. In any other it would be somebody else's to read. */
export function keepsPlace(before: CapabilityDefinition, after: CapabilityDefinition): boolean {
  const placeOf = (definition: CapabilityDefinition): string =>
    JSON.stringify([targetOf(definition), definition.credential?.header.toLowerCase(), definition.credential?.prefix]);
  return after.credential !== null && placeOf(before) === placeOf(after);
}

const targetOf = (definition: CapabilityDefinition): string => (definition.kind === "http" ? definition.urlTemplate : definition.url);
