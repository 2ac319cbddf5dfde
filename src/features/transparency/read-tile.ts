import { logOf } from "../../audit/poke-log.ts";
import { parseTilePath, widthInTree } from "../../audit/transparency/tile.ts";
import type { TenantReader } from "../../db/tenant-db.ts";
import type { Environment } from "../../env.ts";
import { problem } from "../../http/problem.ts";
import { selectCheckpoint } from "./store.ts";

/** A tile as far as published checkpoints reach (C2SP tlog-tiles): one round trip, which says whether there is such a log, then the log. */
export async function readTile(
  env: Environment,
  tenant: Pick<TenantReader, "orgId" | "read">,
  path: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const address = parseTilePath(path);
  if (address === undefined) throw problem("not_found", "not a tile's path");
  const [[newest]] = await tenant.read((db) => [selectCheckpoint(db)]);
  if (widthInTree(address.level, address.index, newest?.size ?? 0) < address.width)
    throw problem("not_found", "no checkpoint reaches that tile");
  const tile = await logOf(env, tenant.orgId).tile(tenant.orgId, address);
  if (tile === undefined) throw problem("unavailable", "the log does not have a tile that was published");
  return tile;
}
