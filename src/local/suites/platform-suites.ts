import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { SuiteDefinition } from "../../features/evals/suite.ts";

const files = ["instruction-following.yaml", "safety.yaml", "robustness.yaml"];

/** The platform's own suites: useful for any agent, for they ask nothing that it would have to know. */
export const platformSuites: readonly SuiteDefinition[] = files.map((file) =>
  SuiteDefinition.parse(parse(readFileSync(fileURLToPath(new URL(file, import.meta.url).href), "utf8"))),
);
