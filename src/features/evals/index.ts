export { sweepAfterMs, sweepRuns } from "./sweep-runs.ts";
