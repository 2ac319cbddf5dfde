export { newMember, newProfile, profileCommitment, type MemberRow } from "./member.ts";
export { deleteProfile, endProfile, insertMember, insertProfile, selectMember, updateMember } from "./store.ts";
export { withinGate } from "./within-gate.ts";
