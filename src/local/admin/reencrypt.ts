import { and, eq, sql } from "drizzle-orm";
import { z } from "zod";
import { rewrapDataKey, type KeyRing } from "../../crypto/sealed-box.ts";
import { organizations } from "../../db/schema/organizations.ts";
import { actOnOrganization, build, look, rawStatement, toStatement, type RunAsAdmin } from "./act.ts";

const Ids = z.array(z.tuple([z.string()]));
const Wrapped = z.tuple([z.tuple([z.string()])]);

/** Wraps each organization's data key with the active key of the ring, so that older keys can be taken out of it. */
export async function reencrypt(run: RunAsAdmin, ring: KeyRing): Promise<{ rewrapped: number; unchanged: number }> {
  const [listed] = await run([rawStatement(sql`select org_id from app.organization_ids()`)]);
  const ids = Ids.parse(listed?.rows).map(([id]) => id);
  let rewrapped = 0;
  for (const orgId of ids) if (await rewrapOne(run, ring, orgId)) rewrapped += 1;
  return { rewrapped, unchanged: ids.length - rewrapped };
}

async function rewrapOne(run: RunAsAdmin, ring: KeyRing, orgId: string): Promise<boolean> {
  const query = build.select({ key: organizations.wrappedDataKey }).from(organizations).where(eq(organizations.id, orgId));
  const [[wrapped]] = Wrapped.parse(await look(run, orgId, toStatement(query)));
  if (wrapped.startsWith(`${ring.active}.`)) return false;
  const change = build
    .update(organizations)
    .set({ wrappedDataKey: await rewrapDataKey(ring, orgId, wrapped) })
    .where(and(eq(organizations.id, orgId), eq(organizations.wrappedDataKey, wrapped)));
  const act = { action: "secrets.reencrypted", resource: orgId, change: { key: ring.active } } as const;
  await actOnOrganization(run, orgId, act, { afterEvent: [toStatement(change)] });
  return true;
}
