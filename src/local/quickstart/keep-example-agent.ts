import { startExampleAgent } from "../example-agent/start-example-agent.ts";
import { PlainFailure } from "../plain-failure.ts";
import type { Progress } from "./state.ts";

/** Starts the example agent on the port under which it was registered; the first time, on any that is free. */
export async function keepExampleAgent({ state, note }: Progress): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  try {
    const agent = await startExampleAgent({ port: state.agentPort ?? 0 });
    if (state.agentPort === undefined) await note({ agentPort: Number(new URL(agent.url).port) });
    return agent;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EADDRINUSE")) throw error;
    throw new PlainFailure(`Port ${state.agentPort}, on which the example agent was registered, is in use: please stop what uses it.`);
  }
}
