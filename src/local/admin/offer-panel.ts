import { and, eq, sql } from "drizzle-orm";
import { z } from "zod";
import { judgePanels } from "../../db/schema/judge-panels.ts";
import { soldPanels } from "../../db/schema/sold-panels.ts";
import { currentTime } from "../../platform/clock.ts";
import { PlainFailure } from "../plain-failure.ts";
import type { Statement } from "../sql-batch.ts";
import { actOnOrganization, build, look, rawStatement, toStatement, type RunAsAdmin } from "./act.ts";

const Owner = z.tuple([z.tuple([z.string()])]);
const PanelRows = z.tuple([z.tuple([z.string(), z.string(), z.string().nullable()])]);
const OfferRows = z.array(z.tuple([z.string()])).max(1);

type Found = {
  readonly orgId: string;
  readonly name: string;
  readonly digest: string;
  readonly isRetired: boolean;
  /** The digest under which it is offered. */
  readonly offered: string | undefined;
};

const offerOf = (orgId: string, panelId: string) => and(eq(soldPanels.orgId, orgId), eq(soldPanels.panelId, panelId));

async function findPanel(run: RunAsAdmin, panelId: string): Promise<Found> {
  const [asked] = await run([rawStatement(sql`select app.organization_of_panel(${panelId})`)]);
  const owner = Owner.safeParse(asked?.rows);
  if (!owner.success) throw new PlainFailure(`There is no judge panel ${panelId}.`);
  const [[orgId]] = owner.data;
  const panel = build
    .select({ name: judgePanels.name, digest: judgePanels.digest, retiredAt: judgePanels.retiredAt })
    .from(judgePanels)
    .where(and(eq(judgePanels.orgId, orgId), eq(judgePanels.id, panelId)));
  const offer = build.select({ digest: soldPanels.panelDigest }).from(soldPanels).where(offerOf(orgId, panelId));
  const [[name, digest, retiredAt]] = PanelRows.parse(await look(run, orgId, toStatement(panel)));
  const [offered] = OfferRows.parse(await look(run, orgId, toStatement(offer)));
  return { orgId, name, digest, isRetired: retiredAt !== null, offered: offered?.[0] };
}

/** Offers a panel for sale to whoever pays, as its judges are now: once its organization changes them, it is not for sale until it is offered again. */
export async function offerPanel(run: RunAsAdmin, panelId: string): Promise<{ orgId: string; name: string; digest: string }> {
  const { orgId, name, digest, isRetired, offered } = await findPanel(run, panelId);
  if (isRetired) throw new PlainFailure(`The judge panel ${panelId} is retired.`);
  if (offered === digest) throw new PlainFailure(`The judge panel ${panelId} is for sale already.`);
  const terms = { panelDigest: digest, offeredAt: currentTime() };
  const change: Statement =
    offered === undefined
      ? toStatement(build.insert(soldPanels).values({ orgId, panelId, ...terms }))
      : toStatement(build.update(soldPanels).set(terms).where(offerOf(orgId, panelId)));
  const act = { action: "judge_panel.offered", resource: panelId, change: { panelDigest: digest } } as const;
  await actOnOrganization(run, orgId, act, { afterEvent: [change] });
  return { orgId, name, digest };
}

/** Takes a panel off sale; what was paid for before stays owed. */
export async function withdrawPanel(run: RunAsAdmin, panelId: string): Promise<{ orgId: string; name: string }> {
  const { orgId, name, offered } = await findPanel(run, panelId);
  if (offered === undefined) throw new PlainFailure(`The judge panel ${panelId} is not for sale.`);
  const act = { action: "judge_panel.withdrawn", resource: panelId, change: { panelDigest: offered } } as const;
  await actOnOrganization(run, orgId, act, { afterEvent: [toStatement(build.delete(soldPanels).where(offerOf(orgId, panelId)))] });
  return { orgId, name };
}
