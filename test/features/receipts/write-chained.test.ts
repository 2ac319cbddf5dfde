import { afterEach, describe, expect, it, vi } from "vitest";
import { ChainMoved } from "../../../src/db/database-fault.ts";
import { writeChained } from "../../../src/features/receipts/index.ts";

afterEach(() => void vi.useRealTimers());

const newHead = () => ({
  ...{ agentId: crypto.randomUUID(), versionNumber: 1, versionDigest: "sha256:v", environment: "test" as const },
  ...{ number: null, digest: null },
});
const headOf = (number: number) => ({ number, digest: `sha256:${number}` });
const moved = (number: number) => new ChainMoved(JSON.stringify({ ...headOf(number), between: ["act"] }));

/** Writes where so many others come first; answers behind which receipts it tried to write. */
async function writeAfter(others: number): Promise<number[]> {
  const behind: number[] = [];
  await writeChained(newHead(), async (head) => {
    behind.push(head?.number ?? 0);
    if (behind.length <= others) throw moved(behind.length);
    return { answer: null, head: headOf(behind.length) };
  });
  return behind;
}

describe("a receipt that other isolates' receipts come before", () => {
  it("is written behind the one that the database names, at once: no clock has to go on for it", { timeout: 10_000 }, async () => {
    vi.useFakeTimers({ toFake: ["setTimeout"] });
    expect(await writeAfter(3)).toEqual([0, 1, 2, 3]);
  });

  it("holds out against many more of them than there are isolates, and not for ever", async () => {
    expect(await writeAfter(255)).toHaveLength(256);
    await expect(writeAfter(1_000)).rejects.toMatchObject({ code: "unavailable" });
  });
});
