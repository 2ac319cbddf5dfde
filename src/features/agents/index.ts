export { toAgent } from "./agent.ts";
export { namingTaken, planAgent } from "./create-agents.ts";
export { endpointProof } from "./endpoint-proof.ts";
export { openEndpointHeaders, refuseEndpoint } from "./endpoint.ts";
export { renewEndpointProof } from "./prove-endpoint.ts";
export { Agent, AgentPage, CreateAgentBody, EndpointHeaders } from "./schemas.ts";
export { insertAgents, insertVersions, selectAgent } from "./store.ts";
