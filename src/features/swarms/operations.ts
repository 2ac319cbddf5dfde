import { defineOperation } from "../../http/define-operation.ts";
import { createSwarm } from "./create-swarm.ts";
import { getSwarm, listSwarms } from "./read-swarms.ts";
import { rotateSecret } from "./rotate-secret.ts";
import { CreateSwarmBody, ListSwarmsQuery, RotateSecretBody, Swarm, SwarmPage, SwarmParams } from "./schemas.ts";

const read = { governance: "tenant-read", method: "get", access: { mode: "tenant", scope: "swarms:read" } } as const;
const change = { governance: "credential", method: "post", access: { mode: "tenant", scope: "swarms:write" } } as const;

export const swarmOperations = [
  defineOperation({
    ...change,
    id: "swarms.create",
    path: "/v1/swarms",
    summary: "Create a swarm",
    audit: "swarm.created",
    request: { body: CreateSwarmBody },
    response: { status: 201, body: Swarm },
    handle: ({ input, ...context }) => createSwarm(context, input.body.name),
  }),
  defineOperation({
    ...read,
    id: "swarms.list",
    path: "/v1/swarms",
    summary: "List swarms",
    request: { query: ListSwarmsQuery },
    response: { status: 200, body: SwarmPage },
    handle: ({ input, ...context }) => listSwarms(context, input.query),
  }),
  defineOperation({
    ...read,
    id: "swarms.get",
    path: "/v1/swarms/{swarmId}",
    summary: "Read a swarm",
    request: { params: SwarmParams },
    response: { status: 200, body: Swarm },
    handle: ({ input, ...context }) => getSwarm(context, input.params.swarmId),
  }),
  defineOperation({
    ...change,
    id: "swarms.rotate_secret",
    path: "/v1/swarms/{swarmId}/rotate-secret",
    summary: "Replace the secret that signs a swarm's room tokens",
    audit: "swarm.secret_rotated",
    request: { params: SwarmParams, body: RotateSecretBody },
    response: { status: 200, body: Swarm },
    handle: ({ input, ...context }) => rotateSecret(context, input.params.swarmId, input.body.mode),
  }),
];
