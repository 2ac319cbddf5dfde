import { inArray } from "drizzle-orm";
import { platformSuites } from "../../db/schema/evals.ts";
import { checkSuite } from "../../features/evals/check-suite.ts";
import type { SuiteDefinition } from "../../features/evals/suite.ts";
import { currentTime } from "../../platform/clock.ts";
import { newId } from "../../platform/ids.ts";
import { PlainFailure } from "../plain-failure.ts";
import { platformOrgId } from "../../access/platform.ts";
import { actOnPlatform, build, look, toStatement, type RunAsAdmin } from "./act.ts";

/** Adds those of the platform's suites that are not there yet, each as an act of its own; answers their names. */
export async function installSuites(run: RunAsAdmin, definitions: readonly SuiteDefinition[]): Promise<string[]> {
  const checked = await Promise.all(definitions.map(requireSound));
  const digests = checked.map(({ digest }) => digest);
  const query = build.select({ digest: platformSuites.digest }).from(platformSuites).where(inArray(platformSuites.digest, digests));
  const known = new Set((await look(run, platformOrgId, toStatement(query))).flat());
  const missing = checked.filter(({ digest }) => !known.has(digest));
  for (const { suite, digest } of missing) {
    const { name, description = null, floor, cases } = suite;
    const row = { id: newId("suite"), name, description, digest, floor, cases, createdAt: currentTime() };
    const act = { action: "suite.installed", resource: row.id, change: { name, digest } } as const;
    await actOnPlatform(run, act, [toStatement(build.insert(platformSuites).values(row))]);
  }
  return missing.map(({ suite }) => suite.name);
}

async function requireSound(definition: SuiteDefinition): Promise<Extract<Awaited<ReturnType<typeof checkSuite>>, { ok: true }>> {
  const checked = await checkSuite(definition);
  if (!checked.ok) throw new PlainFailure(`The suite “${definition.name}” does not hold: ${JSON.stringify(checked.errors)}`);
  return checked;
}
