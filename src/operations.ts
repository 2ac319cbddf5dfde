import { accessTokenOperations } from "./features/access-tokens/operations.ts";
import { agentCardOperations } from "./features/agent-cards/operations.ts";
import { agentKeyOperations } from "./features/agent-keys/operations.ts";
import { agentOperations } from "./features/agents/operations.ts";
import { approvalOperations } from "./features/approvals/operations.ts";
import { attestationOperations } from "./features/attestations/operations.ts";
import { auditOperations } from "./features/audit/operations.ts";
import { clerkOperations } from "./features/clerk/operations.ts";
import { billingOperations } from "./features/billing/operations.ts";
import { capabilityOperations } from "./features/capabilities/operations.ts";
import { cosignatureOperations } from "./features/cosignatures/operations.ts";
import { evalOperations } from "./features/evals/operations.ts";
import { evidenceOperations } from "./features/evidence/operations.ts";
import { exceptionOperations } from "./features/exceptions/operations.ts";
import { inngestOperations } from "./features/inngest/operations.ts";
import { invocationOperations } from "./features/invocations/operations.ts";
import { judgePanelOperations } from "./features/judge-panels/operations.ts";
import { grantOperations } from "./features/grants/operations.ts";
import { keyOperations } from "./features/keys/operations.ts";
import { mcpOperations } from "./features/mcp/operations.ts";
import { noticeOperations } from "./features/notices/operations.ts";
import { memberOperations } from "./features/members/operations.ts";
import { pactOperations } from "./features/pacts/operations.ts";
import { policyOperations } from "./features/policies/operations.ts";
import { paymentOperations } from "./features/payments/operations.ts";
import { priceOperations } from "./features/prices/operations.ts";
import { promotionOperations } from "./features/promotion/operations.ts";
import { ratingOperations } from "./features/ratings/operations.ts";
import { receiptOperations } from "./features/receipts/operations.ts";
import { roomDoorOperations } from "./features/rooms/door-operations.ts";
import { roomOperations } from "./features/rooms/operations.ts";
import { scoreOperations } from "./features/scores/operations.ts";
import { sessionOperations } from "./features/sessions/operations.ts";
import { siteOperations } from "./features/site/operations.ts";
import { swarmOperations } from "./features/swarms/operations.ts";
import { teamworkOperations } from "./features/teamwork/operations.ts";
import { transcriptOperations } from "./features/transcripts/operations.ts";
import { transparencyOperations } from "./features/transparency/operations.ts";
import { telemetryOperations } from "./features/telemetry/operations.ts";
import { trustOperations } from "./features/trust/operations.ts";
import { webhookOperations } from "./features/webhooks/operations.ts";
import type { Operation } from "./http/operation.ts";

/** Everything that the API can do, in reading order. Routes, OpenAPI, the control matrix and the isolation tests come from here. */
export const operations: readonly Operation[] = [
  ...agentOperations,
  ...agentKeyOperations,
  ...agentCardOperations,
  ...teamworkOperations,
  ...pactOperations,
  ...cosignatureOperations,
  ...evalOperations,
  ...judgePanelOperations,
  ...scoreOperations,
  ...attestationOperations,
  ...trustOperations,
  ...receiptOperations,
  ...ratingOperations,
  ...capabilityOperations,
  ...policyOperations,
  ...invocationOperations,
  ...approvalOperations,
  ...priceOperations(() => operations),
  ...paymentOperations,
  ...swarmOperations,
  ...roomOperations,
  ...transcriptOperations,
  ...roomDoorOperations,
  ...telemetryOperations,
  ...exceptionOperations,
  ...inngestOperations,
  ...memberOperations,
  ...sessionOperations,
  ...grantOperations,
  ...promotionOperations,
  ...keyOperations,
  ...accessTokenOperations,
  ...webhookOperations,
  ...noticeOperations,
  ...clerkOperations,
  ...billingOperations,
  ...auditOperations,
  ...evidenceOperations,
  ...transparencyOperations,
  ...mcpOperations(() => operations),
  ...siteOperations(() => operations),
];
