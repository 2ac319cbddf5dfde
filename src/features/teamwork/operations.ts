import { defineOperation } from "../../http/define-operation.ts";
import { readTeamwork } from "./read-teamwork.ts";
import { Teamwork, TeamworkParams, TeamworkQuery } from "./schemas.ts";

export const teamworkOperations = [
  defineOperation({
    governance: "tenant-read",
    method: "get",
    access: { mode: "tenant", scope: "agents:read" },
    id: "agents.teamwork",
    path: "/v1/agents/{agentId}/teamwork",
    summary: "Read in which rooms an agent met others; shown, never scored",
    request: { params: TeamworkParams, query: TeamworkQuery },
    response: { status: 200, body: Teamwork },
    handle: ({ input: { params, query }, ...context }) => readTeamwork(context, params.agentId, query),
  }),
];
