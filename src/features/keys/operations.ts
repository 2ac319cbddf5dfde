import { defineOperation } from "../../http/define-operation.ts";
import { createKey } from "./create-key.ts";
import { getKey, listKeys } from "./read-keys.ts";
import { revokeKey } from "./revoke-key.ts";
import { rotateKey } from "./rotate-key.ts";
import { ApiKey, CreateKeyBody, IssuedKey, KeyPage, KeyParams, ListKeysQuery, RotateKeyBody } from "./schemas.ts";

const read = { governance: "tenant-read", method: "get", access: { mode: "tenant", scope: "keys:read" } } as const;
const change = { governance: "credential", method: "post", access: { mode: "tenant", scope: "keys:write" } } as const;

export const keyOperations = [
  defineOperation({
    ...change,
    id: "keys.create",
    path: "/v1/keys",
    summary: "Create an API key",
    audit: "key.created",
    request: { body: CreateKeyBody },
    response: { status: 201, body: IssuedKey },
    handle: ({ input, ...context }) => createKey(context, input.body),
  }),
  defineOperation({
    ...read,
    id: "keys.list",
    path: "/v1/keys",
    summary: "List API keys",
    request: { query: ListKeysQuery },
    response: { status: 200, body: KeyPage },
    handle: ({ input, ...context }) => listKeys(context, input.query),
  }),
  defineOperation({
    ...read,
    id: "keys.get",
    path: "/v1/keys/{keyId}",
    summary: "Read an API key",
    request: { params: KeyParams },
    response: { status: 200, body: ApiKey },
    handle: ({ input, ...context }) => getKey(context, input.params.keyId),
  }),
  defineOperation({
    ...change,
    id: "keys.rotate",
    path: "/v1/keys/{keyId}/rotate",
    summary: "Replace an API key, with an overlap",
    audit: "key.rotated",
    request: { params: KeyParams, body: RotateKeyBody },
    response: { status: 201, body: IssuedKey },
    handle: ({ input, ...context }) => rotateKey(context, input.params.keyId, input.body.overlapSeconds),
  }),
  defineOperation({
    ...change,
    id: "keys.revoke",
    path: "/v1/keys/{keyId}/revoke",
    summary: "Revoke an API key at once",
    audit: "key.revoked",
    request: { params: KeyParams },
    response: { status: 200, body: ApiKey },
    handle: ({ input, ...context }) => revokeKey(context, input.params.keyId),
  }),
];
