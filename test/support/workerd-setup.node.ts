import type { TestProject } from "vitest/node";
import { buildAssets } from "../../src/local/build-assets.ts";
import { startHarness, type Harness } from "./harness-server.node.ts";

declare module "vitest" {
  interface ProvidedContext {
    bindings: Harness["bindings"];
  }
}

/** Once for all of a project's tests inside workerd: they share one database, and each makes its own organization. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await buildAssets();
  const harness = await startHarness({ rowSecurity: project.name !== "without row security" });
  project.provide("bindings", harness.bindings);
  return harness.close;
}
