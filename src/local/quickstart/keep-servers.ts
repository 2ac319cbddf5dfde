import { startExampleAgent, type ExampleAgent } from "../example-agent/start-example-agent.ts";
import { PlainFailure } from "../plain-failure.ts";
import { startLocalUpstream, type LocalUpstream } from "./local-upstream.ts";
import type { Progress } from "./state.ts";

type Port = "agentPort" | "clerkPort" | "shopPort";

/** Starts a server on the port under which it was registered; the first time, on any that is free. */
async function keep<T extends { readonly url: string }>(
  { state, note }: Progress,
  name: Port,
  what: string,
  start: (port: number) => Promise<T>,
): Promise<T> {
  const known = state[name];
  try {
    const server = await start(known ?? 0);
    if (known === undefined) await note({ [name]: Number(new URL(server.url).port) });
    return server;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EADDRINUSE")) throw error;
    throw new PlainFailure(`Port ${known}, on which ${what} was registered, is in use: please stop what uses it.`);
  }
}

export const keepExampleAgent = (progress: Progress): Promise<ExampleAgent> =>
  keep(progress, "agentPort", "the example agent", (port) => startExampleAgent({ port }));

/** The example agent without the flaw that is critical. */
export const keepClerk = (progress: Progress): Promise<ExampleAgent> =>
  keep(progress, "clerkPort", "the example clerk", (port) => startExampleAgent({ port, discreet: true }));

/** What the shop's order system wants to be shown. */
export const shopTokenOf = ({ state }: Progress): string => `shop_${state.seed}`;

export const keepShop = (progress: Progress): Promise<LocalUpstream> =>
  keep(progress, "shopPort", "the example shop", (port) => startLocalUpstream({ port, token: shopTokenOf(progress) }));
