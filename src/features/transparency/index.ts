export { refuse } from "./refuse.ts";
export { selectCheckpoint, type CheckpointRow } from "./store.ts";
