export { selectActivePolicy } from "./store.ts";
