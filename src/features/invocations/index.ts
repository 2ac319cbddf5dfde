export { Invoked } from "./schemas.ts";
