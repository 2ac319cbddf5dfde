export { sweepOffers } from "./note-offers.ts";
export { selectLoggedCosignatures } from "./store.ts";
