import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { newId } from "../../src/platform/ids.ts";
import { createOrganization } from "../support/organization.ts";
import { leavesOf, logOf, writeEvents } from "./support.ts";

describe("a log's object", () => {
  it("serves one organization for ever, and proves and shows nothing beyond what it has", async () => {
    const org = await createOrganization();
    await writeEvents(org, 2);
    const { length: size } = await leavesOf(org);
    expect(await logOf(org).head(org.orgId, size)).toMatchObject({ ok: true, size });
    await runInDurableObject(logOf(org), async (log) => {
      await expect(log.status(newId("organization"))).rejects.toThrow("another organization");
      const outOfRange = { ok: false, reason: "out_of_range" };
      for (const [index, of] of [
        [-1, size],
        [0.5, size],
        [size, size],
        [0, size + 1],
        [0, 0],
      ] as const)
        expect(await log.inclusionProof(org.orgId, index, of), `${index} of ${of}`).toEqual(outOfRange);
      for (const [from, to] of [
        [0, size],
        [2, 1],
        [1, size + 1],
      ] as const)
        expect(await log.consistencyProof(org.orgId, from, to), `${from} to ${to}`).toEqual(outOfRange);
      expect(await log.tile(org.orgId, { level: 0, index: 0, width: size })).toHaveLength(size * 32);
      expect(await log.tile(org.orgId, { level: 0, index: 0, width: size + 1 })).toBeUndefined();
      expect(await log.leafHashes(org.orgId, 0, size + 1)).toBeUndefined();
    });
  });
});
