import { setTimeout as sleep } from "node:timers/promises";

/** Asks again and again, and fails once that took longer than so many milliseconds. */
export async function until(holds: () => Promise<boolean>, mostMs: number, everyMs = 5): Promise<void> {
  const endsAt = performance.now() + mostMs;
  while (!(await holds())) {
    if (performance.now() > endsAt) throw new Error(`what was waited for did not come within ${mostMs} ms`);
    await sleep(everyMs);
  }
}
