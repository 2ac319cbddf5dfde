import { defineOperation } from "../../http/define-operation.ts";
import { archiveAgent } from "./archive-agent.ts";
import { createAgent, createAgents } from "./create-agents.ts";
import { proveEndpoint } from "./prove-endpoint.ts";
import { getAgent, listAgents } from "./read-agents.ts";
import {
  Agent,
  AgentList,
  AgentPage,
  AgentParams,
  CreateAgentBody,
  CreateAgentsBody,
  ListAgentsQuery,
  UpdateAgentBody,
} from "./schemas.ts";
import { changeAgent } from "./update-agent.ts";

const read = { governance: "tenant-read", method: "get", access: { mode: "tenant", scope: "agents:read" } } as const;
const change = { governance: "tenant-mutation", method: "post", access: { mode: "tenant", scope: "agents:write" } } as const;

export const agentOperations = [
  defineOperation({
    ...change,
    id: "agents.create",
    path: "/v1/agents",
    summary: "Register an agent",
    audit: "agent.created",
    request: { body: CreateAgentBody },
    response: { status: 201, body: Agent },
    handle: ({ input, ...context }) => createAgent(context, input.body),
  }),
  defineOperation({
    ...change,
    id: "agents.create_batch",
    path: "/v1/agents/batch",
    summary: "Register up to 50 agents, all or none",
    audit: "agent.batch_created",
    request: { body: CreateAgentsBody },
    response: { status: 201, body: AgentList },
    handle: ({ input, ...context }) => createAgents(context, input.body.agents),
  }),
  defineOperation({
    ...read,
    id: "agents.list",
    tool: "list_agents",
    path: "/v1/agents",
    summary: "List agents",
    request: { query: ListAgentsQuery },
    response: { status: 200, body: AgentPage },
    handle: ({ input, ...context }) => listAgents(context, input.query),
  }),
  defineOperation({
    ...read,
    id: "agents.get",
    tool: "get_agent",
    path: "/v1/agents/{agentId}",
    summary: "Read an agent",
    request: { params: AgentParams },
    response: { status: 200, body: Agent },
    handle: ({ input, ...context }) => getAgent(context, input.params.agentId),
  }),
  defineOperation({
    ...change,
    method: "patch",
    id: "agents.update",
    path: "/v1/agents/{agentId}",
    summary: "Change an agent",
    audit: "agent.updated",
    request: { params: AgentParams, body: UpdateAgentBody },
    response: { status: 200, body: Agent },
    handle: ({ input, ...context }) => changeAgent(context, input.params.agentId, input.body),
  }),
  defineOperation({
    ...change,
    id: "agents.archive",
    path: "/v1/agents/{agentId}/archive",
    summary: "Take an agent out of service",
    audit: "agent.archived",
    request: { params: AgentParams },
    response: { status: 200, body: Agent },
    handle: ({ input, ...context }) => archiveAgent(context, input.params.agentId),
  }),
  defineOperation({
    ...change,
    id: "agents.prove_endpoint",
    path: "/v1/agents/{agentId}/prove-endpoint",
    summary: "Check that an agent's endpoint wants our traffic",
    audit: "agent.endpoint_proven",
    request: { params: AgentParams },
    response: { status: 200, body: Agent },
    handle: ({ input, ...context }) => proveEndpoint(context, input.params.agentId),
  }),
];
