import { defineOperation } from "../../http/define-operation.ts";
import { changeRole } from "./change-role.ts";
import { eraseMember } from "./erase-member.ts";
import { inviteMember } from "./invite-member.ts";
import { getMember, listMembers } from "./read-members.ts";
import { removeMember } from "./remove-member.ts";
import { ChangeRoleBody, InviteMemberBody, ListMembersQuery, Member, MemberPage, MemberParams } from "./schemas.ts";

const read = { governance: "tenant-read", method: "get", access: { mode: "tenant", scope: "members:read" } } as const;
const change = { governance: "credential", access: { mode: "operator", scope: "members:write" } } as const;

export const memberOperations = [
  defineOperation({
    ...read,
    id: "members.list",
    path: "/v1/members",
    summary: "List members",
    request: { query: ListMembersQuery },
    response: { status: 200, body: MemberPage },
    handle: ({ input, ...context }) => listMembers(context, input.query),
  }),
  defineOperation({
    ...read,
    id: "members.get",
    path: "/v1/members/{memberId}",
    summary: "Read a member",
    request: { params: MemberParams },
    response: { status: 200, body: Member },
    handle: ({ input, ...context }) => getMember(context, input.params.memberId),
  }),
  defineOperation({
    ...change,
    id: "members.invite",
    method: "post",
    path: "/v1/members",
    summary: "Invite a member",
    guide:
      "Only an owner invites owners. Where people sign in with Clerk it sends the invitation; else the administrator gives them a sign-in link.",
    audit: "member.invited",
    request: { body: InviteMemberBody },
    response: { status: 201, body: Member },
    handle: ({ input, ...context }) => inviteMember(context, input.body),
  }),
  defineOperation({
    ...change,
    id: "members.change_role",
    method: "patch",
    path: "/v1/members/{memberId}",
    summary: "Change a member's role",
    guide:
      "Nobody changes their own role, only an owner makes and unmakes owners, and the last active owner stays one. It holds from the next request on.",
    audit: "member.role_changed",
    request: { params: MemberParams, body: ChangeRoleBody },
    response: { status: 200, body: Member },
    handle: ({ input, ...context }) => changeRole(context, input.params.memberId, input.body.role),
  }),
  defineOperation({
    ...change,
    id: "members.remove",
    method: "delete",
    path: "/v1/members/{memberId}",
    summary: "Remove a member",
    guide: "Their sessions are refused from the next request on. API keys that they made belong to the organization, and stay.",
    audit: "member.removed",
    request: { params: MemberParams },
    response: { status: 200, body: Member },
    handle: ({ input, ...context }) => removeMember(context, input.params.memberId),
  }),
  defineOperation({
    ...change,
    id: "members.erase",
    method: "post",
    path: "/v1/members/{memberId}/erase",
    summary: "Erase a removed member's personal data",
    guide:
      "For owners. The address and the name are gone for good; the audit log, which never held them, still verifies. Sealed answers to repeated requests, which may show them, are deleted after 24 hours.",
    audit: "member.profile_erased",
    request: { params: MemberParams },
    response: { status: 200, body: Member },
    handle: ({ input, ...context }) => eraseMember(context, input.params.memberId),
  }),
];
