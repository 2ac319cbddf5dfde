export { newMember, newProfile, profileCommitment, type MemberRow, type NewMember, type NewProfile } from "./member.ts";
export { Email, PersonName } from "./schemas.ts";
export { deleteProfile, endProfile, insertMember, insertProfile, selectMember, updateMember } from "./store.ts";
export { withinGate } from "./within-gate.ts";
