export { enterFor, handleOnce, rememberEvent, withoutConflict, type OfDelivery, type Outcome, type ProviderEvent } from "./handle-once.ts";
export { readEvent } from "./read-event.ts";
export { ProviderAnswer } from "./schemas.ts";
export { selectNewestEvent } from "./store.ts";
