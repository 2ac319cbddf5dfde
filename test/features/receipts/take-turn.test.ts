import { afterEach, describe, expect, it, vi } from "vitest";
import { takeTurn } from "../../../src/features/receipts/take-turn.ts";

const headOf = (number: number) => ({ number, digest: `sha256:${number}` });
const never = new Promise<never>(() => undefined);

afterEach(() => void vi.useRealTimers());

describe("the turn to write to a chain", () => {
  it("is one request's at a time, and hands on what was written last", async () => {
    const chain = crypto.randomUUID();
    const known: (number | undefined)[] = [];
    let writing = 0;
    const write = (number: number) =>
      takeTurn(chain, async (last) => {
        known.push(last?.number);
        expect((writing += 1)).toBe(1);
        await new Promise((resolve) => void setTimeout(resolve, 2));
        writing -= 1;
        return { answer: number, head: headOf((last?.number ?? 0) + 1) };
      });
    expect(await Promise.all([1, 2, 3, 4, 5, 6].map(write))).toEqual([1, 2, 3, 4, 5, 6]);
    expect(known).toEqual([undefined, 1, 2, 3, 4, 5]);
  });

  it("is taken at once where nobody has it, and does not wait for other chains", () => {
    const begun: string[] = [];
    for (const chain of [crypto.randomUUID(), crypto.randomUUID()]) {
      void takeTurn(chain, () => {
        begun.push(chain);
        return never;
      });
    }
    expect(begun).toHaveLength(2);
  });

  it("is given back by what fails, and by what ends without a word", async () => {
    const chain = crypto.randomUUID();
    const failing = takeTurn(chain, () => Promise.reject(new Error("lost")));
    await expect(failing).rejects.toThrow("lost");
    vi.useFakeTimers({ now: Date.now() });
    void takeTurn(chain, () => never);
    let wrote = false;
    const waiting = takeTurn(chain, (last) => {
      wrote = true;
      return Promise.resolve({ answer: last, head: headOf(1) });
    });
    await vi.advanceTimersByTimeAsync(2_000);
    expect(wrote).toBe(false);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await waiting).toBeUndefined();
  });

  it("forgets no newer head for an older one", async () => {
    const chain = crypto.randomUUID();
    const write = (number: number) => takeTurn(chain, (last) => Promise.resolve({ answer: last?.number, head: headOf(number) }));
    expect([await write(5), await write(3), await write(6), await write(7)]).toEqual([undefined, 5, 5, 6]);
  });
});
