export { groundOf, type Ground } from "./ground.ts";
export { fieldOfGrant, selectBasis, selectGrant, selectGrantWithAgent, updateGrant, type GrantRow, type GroundRow } from "./store.ts";
export { statusOf, toGrant } from "./grant.ts";
export { requireGround } from "./require-grant.ts";
export { Grant, GrantParams, type GrantView } from "./schemas.ts";
