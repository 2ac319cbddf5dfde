export { endpointProof } from "./endpoint-proof.ts";
export { openEndpointHeaders } from "./endpoint.ts";
export { selectAgent } from "./store.ts";
