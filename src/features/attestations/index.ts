export { statusListOf } from "./status-list.ts";
export { selectLoggedAttestations, selectRevoked } from "./store.ts";
