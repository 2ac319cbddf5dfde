/**
 * What MCP clients call operations by: a closed list, in no order. Grants may take none of these names for a tool of their own, so that a
 * granted tool can never stand in an operation's place.
 */
export const toolNames = [
  "list_agents",
  "get_agent",
  "list_pacts",
  "get_pact",
  "check_pact",
  "check_tool_call",
  "list_pact_checks",
  "list_eval_suites",
  "start_eval_run",
  "list_eval_runs",
  "get_eval_run",
  "ask_judges",
  "get_score",
  "list_score_history",
  "list_attestations",
  "get_attestation",
  "get_trust_report",
  "get_trust_evidence",
  "list_receipts",
  "get_receipt",
  "list_prices",
  "get_payment",
  "list_capabilities",
  "get_capability",
  "list_policies",
  "get_policy",
  "list_grants",
  "get_grant",
  "list_invocations",
  "get_invocation",
  "list_approvals",
  "get_approval",
  "approval_wait",
  "record_telemetry",
] as const;

export type ToolName = (typeof toolNames)[number];
