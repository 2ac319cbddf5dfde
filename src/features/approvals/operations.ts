import { defineOperation } from "../../http/define-operation.ts";
import { cancelApproval } from "./cancel-approval.ts";
import { approve, deny } from "./decide-approval.ts";
import { decidedPage } from "./pages.ts";
import { getApproval, listApprovals } from "./read-approvals.ts";
import {
  Approval,
  ApprovalPage,
  ApprovalParams,
  ApprovalWithPreview,
  DecideBody,
  DecideForm,
  ListApprovalsQuery,
  WaitQuery,
} from "./schemas.ts";
import { showApproval } from "./show-approval.ts";

const read = { governance: "tenant-read", method: "get", access: { mode: "tenant", scope: "approvals:read" } } as const;
const decide = { governance: "tenant-mutation", method: "post", access: { mode: "operator", scope: "approvals:write" } } as const;
const html = { status: 200, media: ["text/html"], refusals: "page" } as const;
const decideGuide =
  "For signed-in people alone. `previewDigest` says which text was read: another one is 409, and so is an approval that is no longer pending.";

export const approvalOperations = [
  defineOperation({
    ...read,
    id: "approvals.list",
    tool: "list_approvals",
    path: "/v1/approvals",
    summary: "List approvals, newest first",
    request: { query: ListApprovalsQuery },
    response: { status: 200, body: ApprovalPage },
    handle: ({ input, ...context }) => listApprovals(context, input.query),
  }),
  defineOperation({
    ...read,
    id: "approvals.get",
    tool: "get_approval",
    path: "/v1/approvals/{approvalId}",
    summary: "Read an approval, or wait for its decision",
    guide:
      "`?wait=55` answers as soon as somebody has decided, or its time is over, and after so many seconds at the latest. Having waited, it asks once more whether the caller may read it, and counts as two requests.",
    request: { params: ApprovalParams, query: WaitQuery },
    response: { status: 200, body: ApprovalWithPreview },
    handle: ({ input, ...context }) => getApproval(context, input.params.approvalId, input.query.wait),
  }),
  defineOperation({
    ...decide,
    id: "approvals.approve",
    path: "/v1/approvals/{approvalId}/approve",
    summary: "Approve one action, once",
    guide: `${decideGuide} With four eyes, whoever is behind the agent, its key or the grant is refused.`,
    audit: "approval.approved",
    request: { params: ApprovalParams, body: DecideBody },
    response: { status: 200, body: Approval },
    handle: ({ input, ...context }) => approve(context, input.params.approvalId, input.body),
  }),
  defineOperation({
    ...decide,
    id: "approvals.deny",
    path: "/v1/approvals/{approvalId}/deny",
    summary: "Deny one action",
    guide: decideGuide,
    audit: "approval.denied",
    request: { params: ApprovalParams, body: DecideBody },
    response: { status: 200, body: Approval },
    handle: ({ input, ...context }) => deny(context, input.params.approvalId, input.body),
  }),
  defineOperation({
    governance: "tenant-mutation",
    method: "post",
    access: { mode: "tenant", scope: "approvals:write" },
    id: "approvals.cancel",
    path: "/v1/approvals/{approvalId}/cancel",
    summary: "Take an approval back before it is used",
    guide: "A credential that is bound to an agent may cancel what its agent asked for, while nobody has decided.",
    audit: "approval.cancelled",
    request: { params: ApprovalParams },
    response: { status: 200, body: Approval },
    handle: ({ input, ...context }) => cancelApproval(context, input.params.approvalId),
  }),
  defineOperation({
    governance: "tenant-read",
    method: "get",
    access: { mode: "operator", scope: "approvals:read" },
    id: "approvals.page",
    path: "/approvals/{approvalId}",
    summary: "The page on which a person decides",
    request: { params: ApprovalParams },
    response: html,
    handle: ({ input, ...context }) => showApproval(context, input.params.approvalId),
  }),
  defineOperation({
    ...decide,
    id: "approvals.approve_on_page",
    path: "/approvals/{approvalId}/approve",
    summary: "Approve one action, from the page",
    audit: "approval.approved",
    request: { params: ApprovalParams, body: DecideForm, form: true },
    response: html,
    handle: async ({ input, ...context }) => decidedPage(await approve(context, input.params.approvalId, input.body)),
  }),
  defineOperation({
    ...decide,
    id: "approvals.deny_on_page",
    path: "/approvals/{approvalId}/deny",
    summary: "Deny one action, from the page",
    audit: "approval.denied",
    request: { params: ApprovalParams, body: DecideForm, form: true },
    response: html,
    handle: async ({ input, ...context }) => decidedPage(await deny(context, input.params.approvalId, input.body)),
  }),
];
