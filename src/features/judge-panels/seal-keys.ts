import type { SealedBox } from "../../crypto/sealed-box.ts";
import type { PanelRow } from "./panel.ts";

type Keys = PanelRow["keys"];

const placeOf = (panelId: string, judge: string) => ({ table: "judge_panels", row: panelId, field: `keys.${judge}` });

/** The sealed keys of judges, by their names; a judge without one is left out. */
export async function sealKeys(box: SealedBox, panelId: string, keys: ReadonlyMap<string, string>): Promise<Keys> {
  const sealed = [...keys].map(async ([judge, key]) => [judge, await box.seal(placeOf(panelId, judge), key)] as const);
  return Object.fromEntries(await Promise.all(sealed));
}

/** Null where the judge has none. Throws where it was altered, or is of another judge, panel or organization. */
export async function openJudgeKey(openBox: () => SealedBox, panel: Pick<PanelRow, "id" | "keys">, judge: string): Promise<string | null> {
  const sealed = Object.hasOwn(panel.keys, judge) ? panel.keys[judge] : undefined;
  return sealed === undefined ? null : await openBox().open(placeOf(panel.id, judge), sealed);
}
