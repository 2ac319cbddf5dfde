import { requireWholeOrganization } from "../../access/principal.ts";
import type { JsonValue } from "../../crypto/canonical-json.ts";
import type { WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { newId } from "../../platform/ids.ts";
import type { CapabilityDefinition } from "../../upstreams/capability.ts";
import { digestDefinition, keepsPlace, requireUsable, toCapability } from "./capability.ts";
import { sealCredential } from "./credential.ts";
import type { CapabilityInput, CapabilityView, VersionInput } from "./schemas.ts";
import {
  insertCapability,
  insertCredential,
  insertVersion,
  selectCapability,
  selectLastCredential,
  updateCapability,
  type CurrentCapability,
} from "./store.ts";

/** Stores a capability, its first version, and its credential where one is given. */
export async function createCapability(
  { tenant, principal, env, box, now }: WriteContext<"capability.created">,
  { name, description, definition, credentialValue }: CapabilityInput,
): Promise<CapabilityView> {
  requireWholeOrganization(principal);
  requireUsable(definition, env);
  requirePlace(definition, credentialValue);
  const id = newId("capability");
  const { kind } = definition;
  const digest = await digestDefinition(definition);
  const credentialVersion = credentialValue === undefined ? 0 : 1;
  const row = { id, name, description, kind, status: "active", version: 1, driftedDigest: null, credentialVersion, revision: 1 } as const;
  const times = { createdAt: now, updatedAt: now };
  const sealedValue = credentialValue === undefined ? undefined : await sealCredential(box, id, 1, credentialValue);
  const view = toCapability({ ...row, ...times, definition, digest });
  await tenant.write({ action: "capability.created", resource: id, change: view, answer: view }, (db) => [
    insertCapability(db, { ...row, ...times }),
    insertVersion(db, { capabilityId: id, version: 1, definition, digest, createdBy: tenant.actor, createdAt: now }),
    ...(sealedValue === undefined ? [] : [insertCredential(db, { capabilityId: id, version: 1, sealedValue, createdAt: now })]),
  ]);
  return view;
}

/**
 * Puts a new version in use; what was promoted or approved under the one before no longer is. A credential stays only where it goes to the same
 * place. What was seen to drift is pinned anew with it.
 */
export async function versionCapability(
  { tenant, principal, env, box, now }: WriteContext<"capability.versioned">,
  capabilityId: string,
  { definition, description, credentialValue }: VersionInput,
): Promise<CapabilityView> {
  requireWholeOrganization(principal);
  requireUsable(definition, env);
  requirePlace(definition, credentialValue);
  const [[found], [last]] = await tenant.read((db) => [selectCapability(db, capabilityId), selectLastCredential(db, capabilityId)]);
  const current = requireActive(found);
  if (current.kind !== definition.kind) throw invalidField("body.definition.kind", "A capability stays of its kind.");
  const credential = credentialValue === undefined ? undefined : { version: (last?.version ?? 0) + 1, value: credentialValue };
  const kept = keepsPlace(current.definition, definition) ? current.credentialVersion : 0;
  const changes = {
    version: current.version + 1,
    description: description ?? current.description,
    driftedDigest: null,
    credentialVersion: credential?.version ?? kept,
    updatedAt: after(current, now),
  };
  const digest = await digestDefinition(definition);
  const view = toCapability({ ...current, ...changes, definition, digest });
  const version = { capabilityId, version: changes.version, definition, digest, createdBy: tenant.actor, createdAt: changes.updatedAt };
  const sealed = credential && {
    version: credential.version,
    sealedValue: await sealCredential(box, capabilityId, credential.version, credential.value),
  };
  await tenant.write({ action: "capability.versioned", resource: capabilityId, change: view, answer: view }, (db) => [
    updateCapability(db, current, changes),
    insertVersion(db, version),
    ...(sealed === undefined ? [] : [insertCredential(db, { capabilityId, ...sealed, createdAt: now })]),
  ]);
  return view;
}

/** Sets what the upstream is shown, or takes it away. It can be used from the next call on, and read by nobody. */
export async function setCredential(
  { tenant, principal, box, now }: WriteContext<"capability.credential_set">,
  capabilityId: string,
  value: string | null,
): Promise<CapabilityView> {
  requireWholeOrganization(principal);
  const [[found], [last]] = await tenant.read((db) => [selectCapability(db, capabilityId), selectLastCredential(db, capabilityId)]);
  const current = requireActive(found);
  if (value !== null && current.definition.credential === null)
    throw problem("state_conflict", "the capability has no place for a credential");
  const credentialVersion = value === null ? 0 : (last?.version ?? 0) + 1;
  const changes = { credentialVersion, updatedAt: after(current, now) };
  const view = toCapability({ ...current, ...changes });
  const sealedValue = value === null ? undefined : await sealCredential(box, capabilityId, credentialVersion, value);
  const change: JsonValue = { credentialVersion };
  await tenant.write({ action: "capability.credential_set", resource: capabilityId, change, answer: view }, (db) => [
    updateCapability(db, current, changes),
    ...(sealedValue === undefined ? [] : [insertCredential(db, { capabilityId, version: credentialVersion, sealedValue, createdAt: now })]),
  ]);
  return view;
}

/** Takes a capability out of service, for good, and its credential with it. What was done with it stays. */
export async function retireCapability(
  { tenant, principal, now }: WriteContext<"capability.retired">,
  capabilityId: string,
): Promise<CapabilityView> {
  requireWholeOrganization(principal);
  const [[found]] = await tenant.read((db) => [selectCapability(db, capabilityId)]);
  const current = requireActive(found);
  const changes = { status: "retired", credentialVersion: 0, updatedAt: after(current, now) } as const;
  const view = toCapability({ ...current, ...changes });
  await tenant.write({ action: "capability.retired", resource: capabilityId, change: { status: "retired" }, answer: view }, (db) => [
    updateCapability(db, current, changes),
  ]);
  return view;
}

function requireActive(found: CurrentCapability | undefined): CurrentCapability {
  if (found === undefined) throw problem("not_found", "no such capability");
  if (found.status === "retired") throw problem("state_conflict", "the capability is retired");
  return found;
}

function requirePlace({ credential }: CapabilityDefinition, value: string | undefined): void {
  if (value !== undefined && credential === null)
    throw invalidField("body.definition.credential", "A credential needs the header that it goes into.");
}

const invalidField = (path: string, message: string) => problem("invalid_request", path, { errors: [{ path, message }] });

/** Later than whatever was changed before, so that versions have an order by their times. */
const after = ({ updatedAt }: CurrentCapability, now: Date): Date => new Date(Math.max(now.getTime(), updatedAt.getTime() + 1));
