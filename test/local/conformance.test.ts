import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { projectRoot } from "../../src/local/data-dir.ts";
import { readBaseline } from "../../src/local/conformance/report.ts";

const here = join(projectRoot, "test", "conformance");
const Baseline = z.object({ server: z.array(z.string()) });

describe.each(["2026-07-28", "2025-11-25"])("the baseline of %s", (revision) => {
  it("says of each entry why it does not apply", async () => {
    const text = await readFile(join(here, `baseline-${revision}.yml`), "utf8");
    const reasons = readBaseline(text);
    expect([...reasons.keys()]).toEqual(Baseline.parse(parse(text)).server);
    for (const reason of reasons.values()) expect(reason).toMatch(/fixture, which a product does not have|not declared|warning alone/);
  });

  it("and what was found leave nothing that fails", async () => {
    const report = await readFile(join(here, `report-${revision}.md`), "utf8");
    expect(report).toContain("and 0 fail.");
    expect(report).not.toMatch(/^\| \S+ \| failed \|/m);
  });
});
