export { lapseGrace } from "./lapse-grace.ts";
