export {
  enterFor,
  handleOnce,
  outcomes,
  rememberEvent,
  withoutConflict,
  type Effect,
  type OfDelivery,
  type Outcome,
  type ProviderEvent,
} from "./handle-once.ts";
export { readEvent } from "./read-event.ts";
export { ProviderAnswer } from "./schemas.ts";
