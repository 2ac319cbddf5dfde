export { sweepRatings } from "./note-ratings.ts";
