export { sweepOffers } from "./note-offers.ts";
