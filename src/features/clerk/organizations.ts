import { askGate } from "../../access/admit.ts";
import { newWrappedDataKey } from "../../crypto/sealed-box.ts";
import type { Environment } from "../../env.ts";
import { problem } from "../../http/problem.ts";
import { newId } from "../../platform/ids.ts";
import { enterFor, handleOnce, rememberEvent, type Outcome } from "../provider-events/index.ts";
import { hasEnded, linkedTo, requireLinked, selectEnd, type ClerkCall } from "./call.ts";
import {
  endAllMembers,
  endAllProfiles,
  insertLink,
  insertOrganization,
  renameOrganization,
  selectNewerName,
  selectPeople,
} from "./store.ts";

type Told = { readonly id: string; readonly name: string };

/** What a development instance of Clerk tells of are no real organizations. */
export const environmentOf = (issuer: string): "live" | "test" =>
  new URL(issuer).hostname.endsWith(".clerk.accounts.dev") ? "test" : "live";

/** Makes the organization that Clerk has: on the free plan, with a data key of its own. One that is known already stays as it is. */
export async function createOrganization(call: ClerkCall, { id: externalId, name }: Told): Promise<Outcome> {
  const known = await linkedTo(call, externalId);
  if (known !== undefined) return rememberEvent(call, known, call.event, "stale");
  if (await hasEnded(call, externalId)) return rememberEvent(call, undefined, call.event, "stale", externalId);
  const id = newId("organization");
  const environment = environmentOf(requireIssuer(call.env));
  const row = { id, name, plan: "free", environment, wrappedDataKey: await newWrappedDataKey(call.env.encryptionKeys, id) } as const;
  const effect = {
    action: "organization.created",
    resource: id,
    change: { name, plan: row.plan, environment, clerk: externalId },
    founding: (db: Parameters<typeof insertOrganization>[0]) => insertOrganization(db, row),
    subject: externalId,
  } as const;
  return handleOnce(call, id, call.event, effect, (db) => [insertLink(db, externalId, call.now)]);
}

function requireIssuer({ providers }: Environment): string {
  if (providers.clerk === undefined) throw problem("not_configured", "no settings of Clerk");
  return providers.clerk.issuer;
}

export async function renameOrganizationTo(call: ClerkCall, { id: externalId, name }: Told): Promise<Outcome> {
  const orgId = await requireLinked(call, externalId);
  if (orgId === undefined) return rememberEvent(call, undefined, call.event, "stale", externalId);
  const [[newer], [end]] = await enterFor(call, orgId, "clerk").read((db) => [
    selectNewerName(db, externalId, call.event.occurredAt),
    selectEnd(db, [externalId]),
  ]);
  if (newer !== undefined || end !== undefined) return rememberEvent(call, orgId, call.event, "stale");
  const effect = { action: "organization.renamed", resource: orgId, change: { name }, subject: externalId } as const;
  return handleOnce(call, orgId, call.event, effect, (db) => [renameOrganization(db, name, externalId, call.event.occurredAt)]);
}

/**
 * Ends everybody's membership; what the organization has done and holds stays, as do its keys. Its gate forgets whom it knew before Clerk
 * hears that it was done, and again where Clerk repeats it.
 */
export async function closeOrganization(call: ClerkCall, { id: externalId }: Pick<Told, "id">): Promise<Outcome> {
  const orgId = await linkedTo(call, externalId);
  if (orgId === undefined) return rememberEvent(call, undefined, call.event, "handled", externalId);
  const [people] = await enterFor(call, orgId, "clerk").read((db) => [selectPeople(db)]);
  const profiles = people.filter(({ hasProfile }) => hasProfile);
  const effect = { action: "organization.closed", resource: orgId, change: { members: people.length }, subject: externalId } as const;
  const outcome = await handleOnce(call, orgId, call.event, effect, (db) => [
    // A statement that finds nobody to change would abort the rest.
    ...(profiles.length === 0 ? [] : [endAllProfiles(db, call.now)]),
    ...(people.length === 0 ? [] : [endAllMembers(db, call.now, call.event.occurredAt)]),
  ]);
  await askGate(call.env, orgId, (gate) => gate.forget());
  return outcome;
}
