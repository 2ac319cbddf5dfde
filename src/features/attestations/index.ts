export { statusListOf, statusListUrl } from "./status-list.ts";
export { selectLoggedAttestations, selectRevoked } from "./store.ts";
