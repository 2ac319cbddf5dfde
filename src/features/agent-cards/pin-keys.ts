import { requireWholeOrganization } from "../../access/principal.ts";
import type { ReadContext, WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { newId } from "../../platform/ids.ts";
import { judgeCardKey } from "./card-key.ts";
import type { CardKeyView, PinKeyInput } from "./schemas.ts";
import { insertCardKey, selectCardKey, selectCardKeys, updateUnpinned } from "./store.ts";
import { toCardKey } from "./view.ts";

/** Unpinned ones count, so that a list stays one answer. */
const maxKeys = 200;
/** Each is tried on every signature that names its `kid`: more than a signer needs to rotate a key, and few enough to try. */
const maxOfKid = 8;

/** From now on cards signed with this key are verified. */
export async function pinKey(
  { tenant, principal, now }: WriteContext<"card_key.pinned">,
  { kid, label, jwk: given }: PinKeyInput,
): Promise<CardKeyView> {
  requireWholeOrganization(principal);
  const verdict = await judgeCardKey(given);
  if (!verdict.ok) throw problem("invalid_request", verdict.message, { errors: [{ path: "body.jwk", message: verdict.message }] });
  const { jwk, algorithm, thumbprint } = verdict;
  const [known] = await tenant.read((db) => [selectCardKeys(db)]);
  if (known.length >= maxKeys) throw problem("state_conflict", "the organization has pinned too many keys");
  const ofKid = known.filter((one) => one.kid === kid && one.unpinnedAt === null);
  if (ofKid.some((one) => one.thumbprint === thumbprint)) throw problem("state_conflict", "the key is pinned");
  if (ofKid.length >= maxOfKid) throw problem("state_conflict", "too many keys of one kid are pinned");
  const row = { id: newId("cardKey"), kid, label, thumbprint, algorithm, jwk, pinnedAt: now, unpinnedAt: null, revision: 1 };
  const view = toCardKey(row);
  await tenant.write({ action: "card_key.pinned", resource: row.id, change: view, answer: view }, (db) => [insertCardKey(db, row)]);
  return view;
}

export async function listCardKeys({ tenant, principal }: ReadContext): Promise<{ items: CardKeyView[] }> {
  requireWholeOrganization(principal);
  const [rows] = await tenant.read((db) => [selectCardKeys(db)]);
  return { items: rows.map(toCardKey) };
}

/** From now on no card is verified with this key; a card that was says so still, and that its key is unpinned. */
export async function unpinKey({ tenant, principal, now }: WriteContext<"card_key.unpinned">, cardKeyId: string): Promise<CardKeyView> {
  requireWholeOrganization(principal);
  const [[row]] = await tenant.read((db) => [selectCardKey(db, cardKeyId)]);
  if (row === undefined) throw problem("not_found", "no such key");
  if (row.unpinnedAt !== null) throw problem("state_conflict", "the key is unpinned");
  const view = toCardKey({ ...row, unpinnedAt: now });
  await tenant.write({ action: "card_key.unpinned", resource: cardKeyId, change: view, answer: view }, (db) => [
    updateUnpinned(db, row, now),
  ]);
  return view;
}
