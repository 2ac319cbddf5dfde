export { groundOf } from "./ground.ts";
export { selectBasis, selectGrant, type GrantRow, type GroundRow } from "./store.ts";
