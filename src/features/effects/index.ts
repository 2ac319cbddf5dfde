export { countEffects } from "./count-effects.ts";
