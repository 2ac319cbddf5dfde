export { openCredential } from "./credential.ts";
export { selectCapability, selectCapabilityGround, updateDrifted, type CapabilityGround, type CurrentCapability } from "./store.ts";
