import type { Workerd } from "./processes.ts";
import { median } from "./statistics.ts";

/** What one isolate does a second, one after the other. */
export type Signing = { readonly signedPerSecond: number; readonly verifiedPerSecond: number };

const count = 500;
const rounds = 7;

/** Statements signed, as JWS and as DSSE, and verified. */
export const measureStatements = (workerd: Workerd): Promise<Signing> => measureSigning(workerd, "/statements/sign", "/statements/verify");

/** Room tokens minted and verified, without asking what was revoked. */
export const measureRoomTokens = (workerd: Workerd): Promise<Signing> =>
  measureSigning(workerd, "/room-tokens/mint", "/room-tokens/verify");

/** The median over the rounds. */
async function measureSigning(workerd: Workerd, sign: string, verify: string): Promise<Signing> {
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
  return { signedPerSecond: await rate(sign), verifiedPerSecond: await rate(verify) };
}
