import { defineOperation } from "../../http/define-operation.ts";
import { getAgentCard, importCard } from "./import-card.ts";
import { listCardKeys, pinKey, unpinKey } from "./pin-keys.ts";
import { AgentCard, AgentParams, CardKey, CardKeyList, CardKeyParams, ImportCardBody, ImportedAgent, PinKeyBody } from "./schemas.ts";

const read = { governance: "tenant-read", method: "get", access: { mode: "tenant", scope: "agents:read" } } as const;
const change = { governance: "tenant-mutation", method: "post", access: { mode: "tenant", scope: "agents:write" } } as const;

export const agentCardOperations = [
  defineOperation({
    ...change,
    id: "agent_cards.import",
    path: "/v1/agents/import-card",
    summary: "Register an agent from its A2A agent card",
    audit: "agent_card.imported",
    request: { body: ImportCardBody },
    response: { status: 201, body: ImportedAgent },
    handle: ({ input, ...context }) => importCard(context, input.body),
  }),
  defineOperation({
    ...read,
    id: "agent_cards.get",
    path: "/v1/agents/{agentId}/card",
    summary: "Get the A2A agent card that an agent was registered from",
    request: { params: AgentParams },
    response: { status: 200, body: AgentCard },
    handle: ({ input, ...context }) => getAgentCard(context, input.params.agentId),
  }),
  defineOperation({
    ...change,
    id: "card_keys.pin",
    path: "/v1/card-keys",
    summary: "Pin a public key with which agent cards are signed",
    audit: "card_key.pinned",
    request: { body: PinKeyBody },
    response: { status: 201, body: CardKey },
    handle: ({ input, ...context }) => pinKey(context, input.body),
  }),
  defineOperation({
    ...read,
    id: "card_keys.list",
    path: "/v1/card-keys",
    summary: "List the keys with which agent cards are signed",
    request: {},
    response: { status: 200, body: CardKeyList },
    handle: (context) => listCardKeys(context),
  }),
  defineOperation({
    ...change,
    id: "card_keys.unpin",
    path: "/v1/card-keys/{cardKeyId}/unpin",
    summary: "Verify no agent card with a key any more",
    audit: "card_key.unpinned",
    request: { params: CardKeyParams },
    response: { status: 200, body: CardKey },
    handle: ({ input, ...context }) => unpinKey(context, input.params.cardKeyId),
  }),
];
