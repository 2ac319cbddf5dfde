import { open, readFile, rename } from "node:fs/promises";

/** The JSON of a file, or undefined where there is none. */
export async function readPrivateFile(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** Writes JSON that only this user may read, whole or not at all, whenever the process is killed. */
export async function writePrivateFile(file: string, value: unknown): Promise<void> {
  const partial = `${file}.${process.pid}`;
  const handle = await open(partial, "w", 0o600);
  try {
    await handle.writeFile(`${JSON.stringify(value, null, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(partial, file);
}
