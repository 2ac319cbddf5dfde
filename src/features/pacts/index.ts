export { selectPact } from "./store.ts";
