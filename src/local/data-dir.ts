import { chmod, mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";

export const projectRoot = fileURLToPath(new URL("../../", import.meta.url).href);

/** Where this machine's installation keeps everything: `.local`, or where ARMALO_DATA_DIR says. */
export const dataDir = (): string => resolve(projectRoot, process.env["ARMALO_DATA_DIR"] ?? ".local");

export type Lock = { readonly release: () => void };

/**
 * Takes the folder for this process, or answers undefined where another one has it: two would ruin the embedded database.
 * It is SQLite's lock on a file, which the system lets go however the process ends, so none is ever left behind.
 */
export async function lockDataDir(folder: string): Promise<Lock | undefined> {
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o700);
  const holder = new DatabaseSync(join(folder, "lock"));
  try {
    holder.exec("pragma locking_mode = exclusive; begin exclusive");
    return { release: () => holder.close() };
  } catch {
    holder.close();
    return undefined;
  }
}
