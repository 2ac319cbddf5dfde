export type { PactRow } from "./pact.ts";
export { selectPact } from "./store.ts";
