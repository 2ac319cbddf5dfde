export { insertVisit } from "./store.ts";
