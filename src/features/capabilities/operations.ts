import { defineOperation } from "../../http/define-operation.ts";
import { createCapability, retireCapability, setCredential, versionCapability } from "./change-capabilities.ts";
import { discoverTools } from "./discover-tools.ts";
import { getCapability, listCapabilities, listVersions } from "./read-capabilities.ts";
import {
  Capability,
  CapabilityPage,
  CapabilityParams,
  CapabilityVersionPage,
  CreateCapabilityBody,
  DiscoverToolsBody,
  ListCapabilitiesQuery,
  ListVersionsQuery,
  NewCapabilityVersionBody,
  SetCredentialBody,
  ToolList,
} from "./schemas.ts";

const read = { governance: "tenant-read", method: "get", access: { mode: "tenant", scope: "capabilities:read" } } as const;
const change = { governance: "tenant-mutation", method: "post", access: { mode: "tenant", scope: "capabilities:write" } } as const;

export const capabilityOperations = [
  defineOperation({
    ...change,
    id: "capabilities.create",
    path: "/v1/capabilities",
    summary: "Register an upstream operation that agents can be granted",
    audit: "capability.created",
    request: { body: CreateCapabilityBody },
    response: { status: 201, body: Capability },
    handle: ({ input, ...context }) => createCapability(context, input.body),
  }),
  defineOperation({
    ...read,
    id: "capabilities.list",
    tool: "list_capabilities",
    path: "/v1/capabilities",
    summary: "List capabilities",
    request: { query: ListCapabilitiesQuery },
    response: { status: 200, body: CapabilityPage },
    handle: ({ input, ...context }) => listCapabilities(context, input.query),
  }),
  defineOperation({
    ...change,
    // It has a third party called: the gate passes a storage write before it admits one.
    governance: "autonomous-action",
    id: "capabilities.discover_tools",
    path: "/v1/capabilities/discover-tools",
    summary: "Read the tools of an upstream MCP server, with the digests to pin",
    audit: "capability.tools_read",
    request: { body: DiscoverToolsBody },
    response: { status: 200, body: ToolList },
    handle: ({ input, ...context }) => discoverTools(context, input.body),
  }),
  defineOperation({
    ...read,
    id: "capabilities.get",
    tool: "get_capability",
    path: "/v1/capabilities/{capabilityId}",
    summary: "Read a capability",
    request: { params: CapabilityParams },
    response: { status: 200, body: Capability },
    handle: ({ input, ...context }) => getCapability(context, input.params.capabilityId),
  }),
  defineOperation({
    ...read,
    id: "capabilities.list_versions",
    path: "/v1/capabilities/{capabilityId}/versions",
    summary: "List the versions of a capability",
    request: { params: CapabilityParams, query: ListVersionsQuery },
    response: { status: 200, body: CapabilityVersionPage },
    handle: ({ input, ...context }) => listVersions(context, input.params.capabilityId, input.query),
  }),
  defineOperation({
    ...change,
    id: "capabilities.create_version",
    path: "/v1/capabilities/{capabilityId}/versions",
    summary: "Put a new version of a capability in use; its grants fall back to simulation",
    audit: "capability.versioned",
    request: { params: CapabilityParams, body: NewCapabilityVersionBody },
    response: { status: 201, body: Capability },
    handle: ({ input, ...context }) => versionCapability(context, input.params.capabilityId, input.body),
  }),
  defineOperation({
    ...change,
    governance: "credential",
    id: "capabilities.set_credential",
    path: "/v1/capabilities/{capabilityId}/credential",
    summary: "Set or take away what a capability's upstream is shown",
    audit: "capability.credential_set",
    request: { params: CapabilityParams, body: SetCredentialBody },
    response: { status: 200, body: Capability },
    handle: ({ input, ...context }) => setCredential(context, input.params.capabilityId, input.body.value),
  }),
  defineOperation({
    ...change,
    id: "capabilities.retire",
    path: "/v1/capabilities/{capabilityId}/retire",
    summary: "Take a capability out of service",
    audit: "capability.retired",
    request: { params: CapabilityParams },
    response: { status: 200, body: Capability },
    handle: ({ input, ...context }) => retireCapability(context, input.params.capabilityId),
  }),
];
