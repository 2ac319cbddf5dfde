import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { projectRoot } from "../../src/local/data-dir.ts";

// Lint sees `Date.now`; of `new Date` it cannot say that only the one without arguments reads the clock.
it("reads the clock in platform/clock.ts and nowhere else in the Worker", async () => {
  const files = (await readdir(join(projectRoot, "src"), { recursive: true })).filter(
    (name) => name.endsWith(".ts") && !name.startsWith("local/"),
  );
  const readers: string[] = [];
  for (const name of files)
    if (/\bnew Date\(\s*\)|\bDate\.now\b/.test(await readFile(join(projectRoot, "src", name), "utf8"))) readers.push(name);
  expect(readers).toEqual(["platform/clock.ts"]);
});
