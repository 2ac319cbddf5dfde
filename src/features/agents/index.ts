export { endpointProof } from "./endpoint-proof.ts";
export { openEndpointHeaders } from "./endpoint.ts";
export { renewEndpointProof } from "./prove-endpoint.ts";
export { selectAgent } from "./store.ts";
