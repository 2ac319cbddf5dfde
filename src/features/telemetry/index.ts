export { foundSince, missingFrom } from "./match.ts";
export { purgeTelemetry } from "./purge-events.ts";
