import { Problem } from "../../http/problem.ts";

const delaysMs = [500, 2000, 8000, 20_000] as const;
/** What the pauses between tries add up to. */
export const longestPausesMs = delaysMs.reduce((sum, delayMs) => sum + delayMs, 0);
export const sleep = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

/** Tries what only a fault of ours can stop (the database out of reach) a few times; any other failure is thrown at once. */
export async function persist<T>(work: () => Promise<T>, delays: readonly number[] = delaysMs): Promise<T> {
  for (const delayMs of delays) {
    try {
      return await work();
    } catch (thrown) {
      if (!(thrown instanceof Problem) || thrown.code !== "unavailable") throw thrown;
      await sleep(delayMs);
    }
  }
  return await work();
}

export const isConflict = (thrown: unknown): boolean => thrown instanceof Problem && thrown.code === "state_conflict";
