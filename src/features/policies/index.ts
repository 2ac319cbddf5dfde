export { isVersionInForce, selectActivePolicy } from "./store.ts";
