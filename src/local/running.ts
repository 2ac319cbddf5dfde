import { rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { readPrivateFile, writePrivateFile } from "./private-file.ts";

const Running = z.object({ endpoint: z.url(), connectionString: z.string(), url: z.url().optional() });

/** Where the process that has the installation open lets the administrator's command in. */
export type Running = z.output<typeof Running>;

const fileIn = (folder: string): string => join(folder, "running.json");

/** Says where; answers with what takes it back. */
export async function announce(folder: string, running: Running): Promise<() => Promise<void>> {
  await writePrivateFile(fileIn(folder), running);
  return () => rm(fileIn(folder), { force: true });
}

export async function findRunning(folder: string): Promise<Running | undefined> {
  return Running.optional().parse(await readPrivateFile(fileIn(folder)));
}
