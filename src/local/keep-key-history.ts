import { join } from "node:path";
import { currentTime } from "../platform/clock.ts";
import type { RunAsAdmin } from "./admin/act.ts";
import { readNewestHistory } from "./admin/change-key-history.ts";
import { introduceKeys } from "./admin/introduce-keys.ts";
import { makeRootKey, readRootKey } from "./admin/root-key.ts";
import type { Installation } from "./installation.ts";
import { runBatch } from "./sql-batch.ts";

export const rootKeyFile = (folder: string): string => join(folder, "root-key.json");

/**
 * An installation on this machine makes its own root key, so that its signatures can be checked from the first start on. Where its
 * administrator took the key away, the history stays as it is.
 */
export async function keepKeyHistory({ folder, database, secrets }: Installation, issuer: string): Promise<void> {
  const run: RunAsAdmin = (statements) => runBatch(database.pool, { role: "armalo_admin", statements });
  const file = rootKeyFile(folder);
  const root = (await readRootKey(file)) ?? ((await readNewestHistory(run)) === null ? await makeRootKey(file) : undefined);
  if (root !== undefined) await introduceKeys(run, { root, issuer, now: currentTime() }, secrets);
}
