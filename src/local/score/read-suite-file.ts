import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import { readSuite } from "../../features/evals/check-suite.ts";
import { PlainFailure } from "../plain-failure.ts";

export type SuiteFile = Extract<Awaited<ReturnType<typeof readSuite>>, { readonly ok: true }>;

/** A suite from a file of JSON or YAML, checked as the server will check it. */
export async function readSuiteFile(file: string): Promise<SuiteFile> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) throw new PlainFailure(`The suite ${file} cannot be read.`);
  const read = await readSuite(parseText(file, text));
  if (read.ok) return read;
  const faults = read.errors.map(({ path, message }) => `  ${path === "" ? "the whole" : path}: ${message}`);
  throw new PlainFailure(`The suite ${file} does not hold:\n${faults.join("\n")}`);
}

function parseText(file: string, text: string): unknown {
  try {
    return parse(text); // YAML holds all of JSON
  } catch (error) {
    throw new PlainFailure(`The suite ${file} is neither JSON nor YAML: ${error instanceof Error ? error.message : "it cannot be parsed"}`);
  }
}
