export { selectCheckpoint, type CheckpointRow } from "./store.ts";
