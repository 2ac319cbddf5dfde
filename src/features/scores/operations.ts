import { defineOperation } from "../../http/define-operation.ts";
import { prices } from "../../payments/prices.ts";
import { exportEvidence, listScores, readScore } from "./read-score.ts";
import { quoteScore } from "./sell-score.ts";
import { AgentParams, EvidenceBody, EvidenceQuery, ScoreBody, ScoreHistoryQuery, ScorePage } from "./schemas.ts";

const read = { governance: "tenant-read", method: "get", access: { mode: "tenant", scope: "scores:read" } } as const;

export const scoreOperations = [
  defineOperation({
    ...read,
    id: "scores.get",
    tool: "get_score",
    path: "/v1/agents/{agentId}/score",
    summary: "Read an agent's score and what it rests on",
    request: { params: AgentParams },
    access: { mode: "payable", scope: "scores:read", price: prices.score },
    response: { status: 200, body: ScoreBody },
    handle: ({ input: { params }, ...context }) => readScore(context, params.agentId),
    quote: ({ input: { params }, ...context }) => quoteScore(context, params.agentId),
  }),
  defineOperation({
    ...read,
    id: "scores.list_history",
    tool: "list_score_history",
    path: "/v1/agents/{agentId}/score/history",
    summary: "List an agent's scores, newest first: one for each finished run, and one for each day on which age changed it",
    request: { params: AgentParams, query: ScoreHistoryQuery },
    response: { status: 200, body: ScorePage },
    handle: ({ input: { params, query }, ...context }) => listScores(context, params.agentId, query),
  }),
  defineOperation({
    ...read,
    id: "scores.export_evidence",
    path: "/v1/agents/{agentId}/score/evidence",
    summary: "Export the evidence that a score is computed from, for anyone to recompute it",
    request: { params: AgentParams, query: EvidenceQuery },
    response: { status: 200, body: EvidenceBody },
    handle: ({ input: { params, query }, ...context }) => exportEvidence(context, params.agentId, query.asOf),
  }),
];
