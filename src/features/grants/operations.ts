import { defineOperation } from "../../http/define-operation.ts";
import { changeGrant, revokeGrant } from "./change-grant.ts";
import { createGrant } from "./create-grant.ts";
import { getGrant, listGrants } from "./read-grants.ts";
import { CreateGrantBody, Grant, GrantDetail, GrantPage, GrantParams, ListGrantsQuery, UpdateGrantBody } from "./schemas.ts";

const read = { governance: "tenant-read", method: "get", access: { mode: "tenant", scope: "grants:read" } } as const;
const decision = { governance: "tenant-mutation", access: { mode: "operator", scope: "grants:write" } } as const;

export const grantOperations = [
  defineOperation({
    ...decision,
    method: "post",
    id: "grants.create",
    path: "/v1/grants",
    summary: "Grant an agent one capability",
    guide: "It begins in simulation: everything is decided and receipted, and nothing is sent, until somebody promotes it.",
    audit: "grant.created",
    request: { body: CreateGrantBody },
    response: { status: 201, body: Grant },
    handle: ({ input, ...context }) => createGrant(context, input.body),
  }),
  defineOperation({
    ...read,
    id: "grants.list",
    tool: "list_grants",
    path: "/v1/grants",
    summary: "List grants",
    request: { query: ListGrantsQuery },
    response: { status: 200, body: GrantPage },
    handle: ({ input, ...context }) => listGrants(context, input.query),
  }),
  defineOperation({
    ...read,
    id: "grants.get",
    tool: "get_grant",
    path: "/v1/grants/{grantId}",
    summary: "Read a grant, its mode and why, and what is used of its budget",
    request: { params: GrantParams },
    response: { status: 200, body: GrantDetail },
    handle: ({ input, ...context }) => getGrant(context, input.params.grantId),
  }),
  defineOperation({
    ...decision,
    method: "patch",
    id: "grants.update",
    path: "/v1/grants/{grantId}",
    summary: "Change a grant's budget, rate or expiry",
    guide: "A budget that is given replaces the whole former one. What was used so far stays used.",
    audit: "grant.updated",
    request: { params: GrantParams, body: UpdateGrantBody },
    response: { status: 200, body: Grant },
    handle: ({ input, ...context }) => changeGrant(context, input.params.grantId, input.body),
  }),
  defineOperation({
    governance: "tenant-mutation",
    method: "post",
    access: { mode: "tenant", scope: "grants:write" },
    id: "grants.revoke",
    path: "/v1/grants/{grantId}/revoke",
    summary: "End a grant at once, for good",
    guide: "Holds for the next invocation anywhere. One that is under way ends as it would have.",
    audit: "grant.revoked",
    request: { params: GrantParams },
    response: { status: 200, body: Grant },
    handle: ({ input, ...context }) => revokeGrant(context, input.params.grantId),
  }),
];
