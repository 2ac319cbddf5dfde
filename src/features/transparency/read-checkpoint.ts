import type { TenantReader } from "../../db/tenant-db.ts";
import { problem } from "../../http/problem.ts";
import { selectCheckpoint, selectCosignatures, type CheckpointRow } from "./store.ts";

/** A checkpoint as it is served: the log's signed note, and the lines of its witnesses behind it. */
export const withWitnesses = ({ note }: Pick<CheckpointRow, "note">, cosignatures: readonly { readonly line: string }[]): string =>
  note + cosignatures.map(({ line }) => line).join("");

/** The checkpoint of a size, or the newest one. One round trip. */
export async function readCheckpoint(tenant: Pick<TenantReader, "read">, size?: number): Promise<string> {
  const [[checkpoint], cosignatures] = await tenant.read((db) => [selectCheckpoint(db, size), selectCosignatures(db, size)]);
  if (checkpoint === undefined) throw problem("not_found", "no such log, or no checkpoint of that size");
  return withWitnesses(checkpoint, cosignatures);
}
