import { eq } from "drizzle-orm";
import { z } from "zod";
import { mintApiKey } from "../../access/api-key.ts";
import type { Scope } from "../../access/scopes.ts";
import { apiKeys } from "../../db/schema/api-keys.ts";
import { organizations } from "../../db/schema/organizations.ts";
import { currentTime } from "../../platform/clock.ts";
import { actOnOrganization, administrator, build, look, toStatement, type RunAsAdmin } from "./act.ts";
import { PlainFailure } from "../plain-failure.ts";

export type NewKey = { readonly orgId: string; readonly name: string; readonly scopes: readonly Scope[] };

const EnvironmentRow = z.tuple([z.tuple([z.enum(["live", "test"])])]);

/** Makes an API key for an organization. The answer is the only place where the key ever stands whole. */
export async function createKey(run: RunAsAdmin, tagKey: CryptoKey, { orgId, name, scopes }: NewKey): Promise<{ id: string; key: string }> {
  const query = build.select({ environment: organizations.environment }).from(organizations).where(eq(organizations.id, orgId));
  const found = EnvironmentRow.safeParse(await look(run, orgId, toStatement(query)));
  if (!found.success) throw new PlainFailure(`There is no organization ${orgId}.`);
  const minted = await mintApiKey(tagKey, found.data[0][0], orgId);
  const row = {
    orgId,
    id: minted.keyId,
    name,
    secretHash: minted.secretHash,
    scopes,
    cidrs: [],
    createdBy: administrator,
    createdAt: currentTime(),
  };
  const told = { keyId: minted.keyId, scopes: [...scopes], agentId: null, expiresAt: null };
  await actOnOrganization(
    run,
    orgId,
    {
      action: "key.created",
      resource: minted.keyId,
      change: { name, scopes: [...scopes] },
      announces: [{ type: "key.created", data: told }],
    },
    { afterEvent: [toStatement(build.insert(apiKeys).values(row))] },
  );
  return { id: minted.keyId, key: minted.key };
}
