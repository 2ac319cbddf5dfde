import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";

const zod = dirname(createRequire(import.meta.url).resolve("zod/package.json"));

describe("zod's languages", () => {
  it.each(["v4/classic/external.js", "v4/core/index.js"])("are imported by %s under the name that the bundle replaces", async (path) => {
    const config = await readFile(join(import.meta.dirname, "../../wrangler.toml"), "utf8");
    const [, name = ""] = /"([^"]+)" = "\.\/src\/http\/no-locales\.ts"/.exec(config) ?? [];
    expect(await readFile(join(zod, path), "utf8")).toContain(`export * as locales from "${name}";`);
  });
});
