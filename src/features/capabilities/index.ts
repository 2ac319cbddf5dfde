export { openCredential } from "./credential.ts";
export {
  isVersionInUse,
  selectCapability,
  selectCapabilityGround,
  updateDrifted,
  type CapabilityGround,
  type CurrentCapability,
} from "./store.ts";
