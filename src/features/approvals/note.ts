import type { Place, SealedBox } from "../../crypto/sealed-box.ts";
import type { ApprovalRow } from "./approval.ts";

const notePlace = (id: string): Place => ({ table: "approvals", row: id, field: "note" });

/** What the person who decided wrote, sealed for that approval alone; null for nothing. */
export const sealNote = async (box: SealedBox, id: string, note: string | undefined): Promise<string | null> =>
  note === undefined ? null : box.seal(notePlace(id), note);

export const openNote = async (box: SealedBox, { id, sealedNote }: Pick<ApprovalRow, "id" | "sealedNote">): Promise<string | null> =>
  sealedNote === null ? null : box.open(notePlace(id), sealedNote);
