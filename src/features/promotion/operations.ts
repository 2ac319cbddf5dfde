import { defineOperation } from "../../http/define-operation.ts";
import { Grant, GrantParams } from "../grants/index.ts";
import { demoteGrant } from "./demote-grant.ts";
import { loadEvidence } from "./load-evidence.ts";
import { promoteGrant } from "./promote-grant.ts";
import { reviewCalls } from "./review-calls.ts";
import { Promoted, Promotion, ReviewBody, Reviewed } from "./schemas.ts";
import { toPromotion } from "./view.ts";

const decision = { governance: "tenant-mutation", method: "post", access: { mode: "operator", scope: "grants:write" } } as const;

export const promotionOperations = [
  defineOperation({
    governance: "tenant-read",
    method: "get",
    access: { mode: "tenant", scope: "grants:read" },
    id: "grants.promotion",
    path: "/v1/grants/{grantId}/promotion",
    summary: "Read the evidence for promoting a grant, and what is missing",
    guide:
      "Open critical violations stand in `GET /v1/agents/{agentId}/score`. Where the `runId` of one is a run, `GET /v1/runs/{runId}/cases` shows the checks that failed. Where it is a receipt of calls in production, `GET /v1/invocations?agentId=…&status=denied` shows them, each with its `pactChecks`.",
    request: { params: GrantParams },
    response: { status: 200, body: Promotion },
    handle: async ({ input, ...context }) => toPromotion(await loadEvidence(context, input.params.grantId)),
  }),
  defineOperation({
    ...decision,
    id: "grants.promote",
    path: "/v1/grants/{grantId}/promote",
    summary: "Put a grant in production, where the evidence suffices",
    guide:
      "For exactly the versions of agent, pacts, policy and capability that there are now: another version of any takes it back to simulation by itself. Evidence that is missing or unavailable is `409 promotion_blocked`, with each thing in `errors`. The promotion is itself a receipt.",
    audit: "grant.promoted",
    request: { params: GrantParams },
    response: { status: 200, body: Promoted },
    handle: ({ input, ...context }) => promoteGrant(context, input.params.grantId),
  }),
  defineOperation({
    ...decision,
    id: "grants.review",
    path: "/v1/grants/{grantId}/reviews",
    summary: "Say of simulated calls whether it would have been right to send them",
    guide: "What was asked for stands in `GET /v1/invocations/{invocationId}`.",
    audit: "invocation.reviewed",
    request: { params: GrantParams, body: ReviewBody },
    response: { status: 200, body: Reviewed },
    handle: ({ input, ...context }) => reviewCalls(context, input.params.grantId, input.body),
  }),
  defineOperation({
    governance: "tenant-mutation",
    method: "post",
    access: { mode: "tenant", scope: "grants:write" },
    id: "grants.demote",
    path: "/v1/grants/{grantId}/demote",
    summary: "Take a grant out of production at once",
    audit: "grant.demoted",
    request: { params: GrantParams },
    response: { status: 200, body: Grant },
    handle: ({ input, ...context }) => demoteGrant(context, input.params.grantId),
  }),
];
