export { foundSince, missingFrom } from "./match.ts";
