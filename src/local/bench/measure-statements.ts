import type { Workerd } from "./processes.ts";
import { median } from "./statistics.ts";

export type Statements = { readonly signedPerSecond: number; readonly verifiedPerSecond: number };

const count = 500;
const rounds = 7;

/** Statements that one isolate signs (JWS and DSSE) and verifies a second, one after the other: the median over the rounds. */
export async function measureStatements(workerd: Workerd): Promise<Statements> {
  const rate = async (path: string): Promise<number> => {
    const rates: number[] = [];
    for (let round = 0; round <= rounds; round += 1) {
      const startedAt = performance.now();
      const response = await fetch(`${workerd.origins.probe}${path}?count=${count}`);
      if (!response.ok || (await response.text()) !== "true") throw new Error(`${path} was answered with ${response.status}`);
      rates.push((count * 1000) / (performance.now() - startedAt));
    }
    // The first round warms up.
    return median(rates.slice(1));
  };
  return { signedPerSecond: await rate("/statements/sign"), verifiedPerSecond: await rate("/statements/verify") };
}
