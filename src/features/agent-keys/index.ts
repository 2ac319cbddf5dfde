export { isFresh } from "./agent-key.ts";
export { selectAgentKeys, type AgentKeyRow } from "./store.ts";
