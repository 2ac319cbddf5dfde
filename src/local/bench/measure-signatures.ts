import { providers, type Provider } from "../../providers/provider.ts";
import type { Workerd } from "./processes.ts";

/** CPU of workerd in milliseconds for each delivery, by provider; NaN where the system does not say. */
export type Signatures = Readonly<Record<Provider, number>>;

const count = 3000;

/** What verifying a provider's event costs: signature, time and headers, with two secrets of which the second fits, over a body of 2 KiB. */
export async function measureSignatures(workerd: Workerd): Promise<Signatures> {
  const costs: Record<Provider, number> = { clerk: NaN, whop: NaN, stripe: NaN, inngest: NaN };
  for (const provider of providers) {
    const verify = async (times: number): Promise<void> => {
      const response = await fetch(`${workerd.origins.probe}/deliveries/${provider}?count=${times}`);
      if (!response.ok || (await response.text()) !== "true")
        throw new Error(`${provider}'s deliveries were answered with ${response.status}`);
    };
    await verify(count / 10);
    const before = await workerd.cpuMs();
    await verify(count);
    costs[provider] = ((await workerd.cpuMs()) - before) / count;
  }
  return costs;
}
