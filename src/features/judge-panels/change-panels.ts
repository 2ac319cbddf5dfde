import { requireWholeOrganization } from "../../access/principal.ts";
import type { SealedBox } from "../../crypto/sealed-box.ts";
import type { PanelJudge } from "../../db/schema/judge-panels.ts";
import type { WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { checkUrl, type EgressPolicy } from "../../platform/egress-url.ts";
import { newId } from "../../platform/ids.ts";
import { digestPanel, toPanel, type NewPanelRow, type PanelRow } from "./panel.ts";
import type { JudgeInput, PanelChanges, PanelInput, PanelView } from "./schemas.ts";
import { sealKeys } from "./seal-keys.ts";
import { insertPanel, insertPanelVersion, selectPanel, updatePanel } from "./store.ts";
import { voteUrl } from "./ask-judge.ts";

/** Stores a panel and its first version. */
export async function createPanel(
  { tenant, principal, env, box, now }: WriteContext<"judge_panel.created">,
  { name, judges }: PanelInput,
): Promise<PanelView> {
  requireWholeOrganization(principal);
  refuseUrls(judges, env);
  const id = newId("judgePanel");
  const seats = judges.map(seatOf);
  const keys = await sealKeys(box, id, givenKeys(judges));
  const times = { retiredAt: null, createdAt: now, updatedAt: now };
  const row: NewPanelRow = { id, name, version: 1, digest: await digestPanel(seats), judges: seats, keys, revision: 1, ...times };
  const view = toPanel(row);
  await tenant.write({ action: "judge_panel.created", resource: id, change: view, answer: view }, (db) => [
    insertPanel(db, row),
    insertPanelVersion(db, row),
  ]);
  return view;
}

/** Changes a panel. Other judges make another version; a new key or name does not. */
export async function changePanel(
  context: WriteContext<"judge_panel.updated">,
  panelId: string,
  changes: PanelChanges,
): Promise<PanelView> {
  const { tenant, principal, env, box, now } = context;
  requireWholeOrganization(principal);
  const current = await requireOpen(context, panelId);
  refuseUrls(changes.judges ?? [], env);
  const seated = changes.judges === undefined ? {} : await seat(box, current, changes.judges);
  const { orgId: _org, ...known } = current;
  const named = { ...known, name: changes.name ?? known.name, ...seated, updatedAt: now };
  const isNew = named.digest !== current.digest;
  const row: NewPanelRow = { ...named, version: current.version + (isNew ? 1 : 0), revision: current.revision + 1 };
  const view = toPanel(row);
  const { id: _id, createdAt: _at, revision: _revision, ...set } = row;
  await tenant.write({ action: "judge_panel.updated", resource: panelId, change: view, answer: view }, (db) => [
    updatePanel(db, current, set),
    ...(isNew ? [insertPanelVersion(db, row)] : []),
  ]);
  return view;
}

/** Takes a panel out of service, for good. What it judged stays; the keys do not. */
export async function retirePanel(context: WriteContext<"judge_panel.retired">, panelId: string): Promise<PanelView> {
  const { tenant, principal, now } = context;
  requireWholeOrganization(principal);
  const current = await requireOpen(context, panelId);
  const changes = { retiredAt: now, keys: {}, updatedAt: now };
  const view = toPanel({ ...current, ...changes });
  await tenant.write({ action: "judge_panel.retired", resource: panelId, change: { retiredAt: now.toISOString() }, answer: view }, (db) => [
    updatePanel(db, current, changes),
  ]);
  return view;
}

type Changing = Pick<WriteContext<"judge_panel.updated">, "tenant"> | Pick<WriteContext<"judge_panel.retired">, "tenant">;

async function requireOpen({ tenant }: Changing, panelId: string): Promise<PanelRow> {
  const [[panel]] = await tenant.read((db) => [selectPanel(db, panelId)]);
  if (panel === undefined) throw problem("not_found", "no such judge panel");
  if (panel.retiredAt !== null) throw problem("state_conflict", "the judge panel is retired");
  return panel;
}

const seatOf = ({ name, baseUrl, model }: JudgeInput): PanelJudge => ({ name, baseUrl, model });
const givenKeys = (judges: readonly JudgeInput[]): ReadonlyMap<string, string> =>
  new Map(judges.flatMap(({ name, apiKey }) => (typeof apiKey === "string" ? [[name, apiKey] as const] : [])));

function refuseUrls(judges: readonly JudgeInput[], policy: EgressPolicy): void {
  const errors = judges.flatMap((judge, index) => {
    const checked = checkUrl(voteUrl(judge), policy);
    const reason = /[?#]/.test(judge.baseUrl) ? "has_query" : checked.ok ? undefined : checked.reason;
    return reason === undefined ? [] : [{ path: `body.judges.${index}.baseUrl`, message: `A judge cannot be asked there: ${reason}.` }];
  });
  if (errors.length > 0) throw problem("invalid_request", "judge refused", { errors });
}

/**
 * The new judges with their keys. A key is never taken along to another place, also not of the same host: gateways serve many customers
 * under one, and whoever may move a judge must not thereby learn its key.
 */
async function seat(
  box: SealedBox,
  current: PanelRow,
  judges: readonly JudgeInput[],
): Promise<Pick<PanelRow, "judges" | "keys" | "digest">> {
  const placeOf = new Map(current.judges.map((judge) => [judge.name, voteUrl(judge)]));
  const kept = judges.flatMap((judge) => {
    const { name, apiKey } = judge;
    const sealed = Object.hasOwn(current.keys, name) ? current.keys[name] : undefined;
    return apiKey === undefined && sealed !== undefined && placeOf.get(name) === voteUrl(judge) ? [[name, sealed] as const] : [];
  });
  const seats = judges.map(seatOf);
  const given = await sealKeys(box, current.id, givenKeys(judges));
  return { judges: seats, keys: { ...Object.fromEntries(kept), ...given }, digest: await digestPanel(seats) };
}
