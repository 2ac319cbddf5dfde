export { StartRunBody } from "./schemas.ts";
export { startRun } from "./start-run.ts";
export { selectAllCases, selectRun, type RunRow } from "./store.ts";
export { sweepAfterMs, sweepRuns } from "./sweep-runs.ts";
