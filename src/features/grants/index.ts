export { groundOf, type Ground } from "./ground.ts";
export { fieldOfGrant, selectBasis, selectGrant, selectGrantWithAgent, updateGrant, type GrantRow, type GroundRow } from "./store.ts";
export { statusOf } from "./grant.ts";
export { requireGround } from "./require-grant.ts";
export { Grant, GrantParams, type GrantView } from "./schemas.ts";
export { toGrant } from "./view.ts";
