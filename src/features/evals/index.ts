export { selectAllCases, selectRun, type RunRow } from "./store.ts";
export { sweepAfterMs, sweepRuns } from "./sweep-runs.ts";
