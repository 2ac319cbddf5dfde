#!/usr/bin/env node
// Plain JavaScript, since it must start on whatever Node is installed: TypeScript runs from Node 22.18 on.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { sep } from "node:path";
import { fileURLToPath } from "node:url";

const newer = fileURLToPath(new URL("../../../node_modules/node/bin/node", import.meta.url));

if (fileURLToPath(import.meta.url).includes(`${sep}node_modules${sep}`)) {
  console.error("Node runs no TypeScript below node_modules. `npm run pack:verifier` in a clone makes a package that runs anywhere.");
  process.exitCode = 2;
} else if (process.features.typescript) {
  const { main } = await import("./main.ts");
  process.exitCode = await main(process.argv.slice(2));
} else if (existsSync(newer)) {
  const { status } = spawnSync(newer, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: "inherit" });
  process.exitCode = status ?? 1;
} else {
  console.error(`Node 22.18 or newer is needed, and this is ${process.version}.`);
  process.exitCode = 2;
}
