import { defineOperation } from "../../http/define-operation.ts";
import { listKeys, registerKey, revokeKey } from "./change-keys.ts";
import { AgentKey, AgentKeyList, AgentKeyParams, AgentParams, RegisterKeyBody } from "./schemas.ts";

const change = { governance: "tenant-mutation", method: "post", access: { mode: "tenant", scope: "agents:write" } } as const;

export const agentKeyOperations = [
  defineOperation({
    ...change,
    id: "agent_keys.register",
    path: "/v1/agents/{agentId}/signing-keys",
    summary: "Register a public key with which an agent signs",
    audit: "agent_key.registered",
    request: { params: AgentParams, body: RegisterKeyBody },
    response: { status: 201, body: AgentKey },
    handle: ({ input, ...context }) => registerKey(context, input.params.agentId, input.body),
  }),
  defineOperation({
    governance: "tenant-read",
    method: "get",
    access: { mode: "tenant", scope: "agents:read" },
    id: "agent_keys.list",
    path: "/v1/agents/{agentId}/signing-keys",
    summary: "List the keys with which an agent signs",
    request: { params: AgentParams },
    response: { status: 200, body: AgentKeyList },
    handle: ({ input, ...context }) => listKeys(context, input.params.agentId),
  }),
  defineOperation({
    ...change,
    id: "agent_keys.revoke",
    path: "/v1/agents/{agentId}/signing-keys/{kid}/revoke",
    summary: "Revoke a key with which an agent signs",
    audit: "agent_key.revoked",
    request: { params: AgentKeyParams },
    response: { status: 200, body: AgentKey },
    handle: ({ input, ...context }) => revokeKey(context, input.params.agentId, input.params.kid),
  }),
];
