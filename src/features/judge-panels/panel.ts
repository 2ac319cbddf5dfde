import { jsonDigest, type Digest } from "../../crypto/digest.ts";
import type { judgePanels, PanelJudge } from "../../db/schema/judge-panels.ts";
import type { PanelView } from "./schemas.ts";

export type PanelRow = typeof judgePanels.$inferSelect;
export type NewPanelRow = Omit<PanelRow, "orgId">;

export const panelLimits = {
  /** Fewer are no jury; more cost more than they tell. */
  minJudges: 3,
  maxJudges: 9,
  /** Valid votes without which nothing is scored. */
  quorum: 2,
} as const;

/** What makes a panel the instrument that it is. Keys are no part of it: another key asks the same model. */
export const digestPanel = (judges: readonly PanelJudge[]): Promise<Digest> =>
  jsonDigest({ judges: judges.map(({ name, baseUrl, model }) => ({ name, baseUrl, model })) });

/** A panel as its organization sees it: whether a judge has a key, and never the key. */
export function toPanel({ id, name, version, digest, judges, keys, retiredAt, createdAt, updatedAt }: NewPanelRow): PanelView {
  return {
    id,
    name,
    version,
    digest,
    judges: judges.map((judge) => ({ ...judge, apiKey: Object.hasOwn(keys, judge.name) ? "configured" : "none" })),
    retiredAt: retiredAt?.toISOString() ?? null,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}
