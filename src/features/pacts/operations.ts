import { defineOperation } from "../../http/define-operation.ts";
import { prices } from "../../payments/prices.ts";
import { activatePact } from "./activate-pact.ts";
import { verifyPact } from "./check-pact.ts";
import { createPact } from "./create-pact.ts";
import { getPact, listChecks, listPacts } from "./read-pacts.ts";
import { retirePact } from "./retire-pact.ts";
import {
  CallCheck,
  CreatePactBody,
  ListChecksQuery,
  ListPactsQuery,
  NewVersionBody,
  Pact,
  PactCheck,
  PactCheckPage,
  PactPage,
  PactParams,
  UpdatePactBody,
  ValidateCallBody,
  VerifyBody,
} from "./schemas.ts";
import { quoteCheck } from "./sell-check.ts";
import { changePact } from "./update-pact.ts";
import { validateCall } from "./validate-call.ts";
import { versionPact } from "./version-pact.ts";

const read = { governance: "tenant-read", method: "get", access: { mode: "tenant", scope: "pacts:read" } } as const;
const change = { governance: "tenant-mutation", method: "post", access: { mode: "tenant", scope: "pacts:write" } } as const;
/** Its own scope: whoever checks itself against a pact need not be able to change one. */
const check = { ...change, access: { mode: "tenant", scope: "pacts:verify" } } as const;

export const pactOperations = [
  defineOperation({
    ...change,
    id: "pacts.create",
    path: "/v1/pacts",
    summary: "Draft a pact",
    audit: "pact.created",
    request: { body: CreatePactBody },
    response: { status: 201, body: Pact },
    handle: ({ input, ...context }) => createPact(context, input.body),
  }),
  defineOperation({
    ...read,
    id: "pacts.list",
    tool: "list_pacts",
    path: "/v1/pacts",
    summary: "List pacts",
    request: { query: ListPactsQuery },
    response: { status: 200, body: PactPage },
    handle: ({ input, ...context }) => listPacts(context, input.query),
  }),
  defineOperation({
    ...read,
    id: "pacts.get",
    tool: "get_pact",
    path: "/v1/pacts/{pactId}",
    summary: "Read a pact",
    request: { params: PactParams },
    response: { status: 200, body: Pact },
    handle: ({ input, ...context }) => getPact(context, input.params.pactId),
  }),
  defineOperation({
    ...change,
    method: "patch",
    id: "pacts.update",
    path: "/v1/pacts/{pactId}",
    summary: "Change a draft pact",
    audit: "pact.updated",
    request: { params: PactParams, body: UpdatePactBody },
    response: { status: 200, body: Pact },
    handle: ({ input, ...context }) => changePact(context, input.params.pactId, input.body),
  }),
  defineOperation({
    ...change,
    id: "pacts.create_version",
    path: "/v1/pacts/{pactId}/versions",
    summary: "Draft the next version of a pact",
    audit: "pact.versioned",
    request: { params: PactParams, body: NewVersionBody },
    response: { status: 201, body: Pact },
    handle: ({ input, ...context }) => versionPact(context, input.params.pactId, input.body),
  }),
  defineOperation({
    ...change,
    id: "pacts.activate",
    path: "/v1/pacts/{pactId}/activate",
    summary: "Freeze a pact and make it binding",
    audit: "pact.activated",
    request: { params: PactParams },
    response: { status: 200, body: Pact },
    handle: ({ input, ...context }) => activatePact(context, input.params.pactId),
  }),
  defineOperation({
    ...change,
    id: "pacts.retire",
    path: "/v1/pacts/{pactId}/retire",
    summary: "End a pact",
    audit: "pact.retired",
    request: { params: PactParams },
    response: { status: 200, body: Pact },
    handle: ({ input, ...context }) => retirePact(context, input.params.pactId),
  }),
  defineOperation({
    ...check,
    id: "pacts.verify",
    tool: "check_pact",
    path: "/v1/pacts/{pactId}/verify",
    summary: "Check an observation against a pact",
    access: { mode: "payable", scope: "pacts:verify", price: prices.verification },
    audit: "pact.verified",
    request: { params: PactParams, body: VerifyBody },
    response: { status: 200, body: PactCheck },
    handle: ({ input, ...context }) => verifyPact(context, input.params.pactId, input.body),
    quote: ({ input, ...context }) => quoteCheck(context, input.params.pactId, input.body),
  }),
  defineOperation({
    ...check,
    id: "pacts.validate_call",
    tool: "check_tool_call",
    path: "/v1/pacts/{pactId}/validate-call",
    summary: "Check a tool call against a pact before it is made",
    audit: "pact.call_validated",
    request: { params: PactParams, body: ValidateCallBody },
    response: { status: 200, body: CallCheck },
    handle: ({ input, ...context }) => validateCall(context, input.params.pactId, input.body),
  }),
  defineOperation({
    ...read,
    id: "pacts.list_checks",
    tool: "list_pact_checks",
    path: "/v1/pacts/{pactId}/checks",
    summary: "List what was checked against a pact",
    request: { params: PactParams, query: ListChecksQuery },
    response: { status: 200, body: PactCheckPage },
    handle: ({ input, ...context }) => listChecks(context, input.params.pactId, input.query),
  }),
];
