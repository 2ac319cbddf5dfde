export { SwarmParams } from "./schemas.ts";
export { openSwarmSecret, type SwarmSecret } from "./secret.ts";
export { addOpenRoom, dropOpenRoom, selectSigningSecretOf, selectStandingSecretsOf, selectSwarm } from "./store.ts";
