export { standingOf, type ApprovalRow, type Wanted } from "./approval.ts";
export { consumeApproval } from "./consume-approval.ts";
export { expireApprovals } from "./expire-approvals.ts";
export { planApproval, planEffect, planEnding } from "./plan-approval.ts";
export type { PreviewFacts } from "./preview.ts";
export { ApprovalTicket, ApprovalWithPreview, longestWaitSeconds, type ApprovalTicketView } from "./schemas.ts";
export { isBarred, ownersOf, selectPeopleBehind } from "./four-eyes.ts";
export { selectApproval, selectOpenApprovals } from "./store.ts";
export { toTicket } from "./view.ts";
