export { refuse } from "./refuse.ts";
