import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { apiKeyPattern, importTagKey, mintApiKey, readApiKey } from "../../src/access/api-key.ts";
import { crc32 } from "../../src/crypto/crc32.ts";
import { encodeBase62 } from "../../src/crypto/base62.ts";
import { toHex } from "../../src/crypto/encoding.ts";
import { newId } from "../../src/platform/ids.ts";

const tagKey = await importTagKey(new Uint8Array(32).fill(7));
const otherTagKey = await importTagKey(new Uint8Array(32).fill(8));
const withChecksum = (stem: string): string => `${stem}_${encodeBase62(crc32(stem), 6)}`;

describe("the form of an API key", () => {
  it("computes CRC-32 as everybody does", () => {
    expect(toHex(crc32("123456789"))).toBe("cbf43926");
  });

  it("reads back what was minted", async () => {
    const minted = await mintApiKey(tagKey, "live", newId("organization"));
    expect(minted.key).toMatch(apiKeyPattern);
    const read = await readApiKey(tagKey, minted.key);
    expect(read).toEqual({
      ok: true,
      claim: { environment: "live", orgId: minted.orgId, keyId: minted.keyId, secretHash: minted.secretHash },
    });
  });

  it("refuses any single changed character by arithmetic", async () => {
    const { key } = await mintApiKey(tagKey, "test", newId("organization"));
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: key.length - 1 }),
        fc.constantFrom(..."0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"),
        async (at, char) => {
          fc.pre(key[at] !== char);
          const read = await readApiKey(tagKey, key.slice(0, at) + char + key.slice(at + 1));
          expect(read.ok).toBe(false);
        },
      ),
    );
  });

  it("refuses a key whose checksum is right but whose organization was never issued", async () => {
    const { key } = await mintApiKey(otherTagKey, "live", newId("organization"));
    expect(await readApiKey(tagKey, key)).toEqual({ ok: false, reason: "never_issued" });
  });

  it("does not let a tag move to another organization or environment", async () => {
    const { key } = await mintApiKey(tagKey, "test", newId("organization"));
    const parts = key.split("_").slice(0, 5);
    const asLive = withChecksum(["arm", "live", ...parts.slice(2)].join("_"));
    const elsewhere = withChecksum([parts[0], parts[1], newId("organization").slice(4), ...parts.slice(3)].join("_"));
    expect(await readApiKey(tagKey, asLive)).toEqual({ ok: false, reason: "never_issued" });
    expect(await readApiKey(tagKey, elsewhere)).toEqual({ ok: false, reason: "never_issued" });
  });
});
