import { startExampleAgent } from "./start-example-agent.ts";

const agent = await startExampleAgent({ port: Number(process.env["EXAMPLE_AGENT_PORT"] ?? 8790) });
console.log(`The example agent answers POST ${agent.url}`);
process.once("SIGINT", () => void agent.close());
process.once("SIGTERM", () => void agent.close());
