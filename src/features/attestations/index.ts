export { readPublicBundle } from "./read-public.ts";
export { showPublicly, unshownReasons, type PublicAttestation } from "./show-publicly.ts";
export { statusListOf, statusListUrl } from "./status-list.ts";
export { selectLoggedAttestations, selectPublicAttestation, selectRevoked } from "./store.ts";
