import { defineOperation } from "../../http/define-operation.ts";
import { BundleQuery, StatementBundle } from "../statements/index.ts";
import { ClaimPolicy } from "./claim-policy.ts";
import { issueAttestation } from "./issue-attestation.ts";
import { getAttestation, listAttestations, readBundle, readClaimPolicy } from "./read-attestations.ts";
import { readShared, readStatusList } from "./read-public.ts";
import { revokeAttestation } from "./revoke-attestation.ts";
import {
  AgentParams,
  Attestation,
  AttestationPage,
  AttestationParams,
  AttestationShare,
  ClaimPolicyView,
  IssueAttestationBody,
  IssuedAttestation,
  ListAttestationsQuery,
  OrganizationParams,
  RevokeAttestationBody,
  ShareAttestationBody,
  SharedAttestation,
  SharedParams,
} from "./schemas.ts";
import { setClaimPolicy } from "./set-claim-policy.ts";
import { shareAttestation } from "./share-attestation.ts";

const read = { governance: "tenant-read", method: "get", access: { mode: "tenant", scope: "attestations:read" } } as const;
const change = { governance: "tenant-mutation", method: "post", access: { mode: "tenant", scope: "attestations:write" } } as const;
const open = { governance: "public-read", method: "get", access: { mode: "public" } } as const;

export const attestationOperations = [
  defineOperation({
    ...change,
    id: "attestations.issue",
    path: "/v1/agents/{agentId}/attestations",
    summary: "Attest an agent's score, an eval run or a pact",
    audit: "attestation.issued",
    request: { params: AgentParams, body: IssueAttestationBody },
    response: { status: 201, body: IssuedAttestation },
    handle: ({ input, ...context }) => issueAttestation(context, input.params.agentId, input.body),
  }),
  defineOperation({
    ...read,
    id: "attestations.list",
    tool: "list_attestations",
    path: "/v1/attestations",
    summary: "List attestations, newest first",
    request: { query: ListAttestationsQuery },
    response: { status: 200, body: AttestationPage },
    handle: ({ input, ...context }) => listAttestations(context, input.query),
  }),
  defineOperation({
    ...read,
    id: "attestations.get",
    tool: "get_attestation",
    path: "/v1/attestations/{attestationId}",
    summary: "Read an attestation",
    request: { params: AttestationParams },
    response: { status: 200, body: Attestation },
    handle: ({ input, ...context }) => getAttestation(context, input.params.attestationId),
  }),
  defineOperation({
    ...read,
    id: "attestations.bundle",
    path: "/v1/attestations/{attestationId}/bundle",
    summary: "Read an attestation with all that is needed to check it offline",
    request: { params: AttestationParams, query: BundleQuery },
    response: { status: 200, body: StatementBundle },
    handle: ({ input: { params, query }, ...context }) => readBundle(context, params.attestationId, query.envelope),
  }),
  defineOperation({
    ...change,
    id: "attestations.revoke",
    path: "/v1/attestations/{attestationId}/revoke",
    summary: "Take an attestation back",
    audit: "attestation.revoked",
    request: { params: AttestationParams, body: RevokeAttestationBody },
    response: { status: 200, body: Attestation },
    handle: ({ input, ...context }) => revokeAttestation(context, input.params.attestationId, input.body.reason),
  }),
  defineOperation({
    ...change,
    id: "attestations.share",
    path: "/v1/attestations/{attestationId}/shares",
    summary: "Make a link under which anyone may read an attestation",
    audit: "attestation.shared",
    request: { params: AttestationParams, body: ShareAttestationBody },
    response: { status: 201, body: AttestationShare },
    handle: ({ input, ...context }) => shareAttestation(context, input.params.attestationId, input.body.lifetimeSeconds),
  }),
  defineOperation({
    ...read,
    id: "claim_policy.get",
    path: "/v1/claim-policy",
    summary: "Read what the operators allow to be attested",
    request: {},
    response: { status: 200, body: ClaimPolicyView },
    handle: (context) => readClaimPolicy(context),
  }),
  defineOperation({
    id: "claim_policy.set",
    method: "put",
    path: "/v1/claim-policy",
    summary: "Decide what may be attested of the agents",
    guide:
      "What no rule allows is refused; an empty list of rules allows nothing. It replaces the whole policy, of which earlier ones stay on record.",
    governance: "tenant-mutation",
    access: { mode: "operator", scope: "attestations:write" },
    audit: "claim_policy.set",
    request: { body: ClaimPolicy },
    response: { status: 200, body: ClaimPolicyView },
    handle: ({ input, ...context }) => setClaimPolicy(context, input.body),
  }),
  defineOperation({
    ...open,
    id: "attestations.shared",
    path: "/v1/shared-attestations/{token}",
    summary: "Read a shared attestation",
    request: { params: SharedParams },
    response: { status: 200, body: SharedAttestation },
    handle: ({ input, ...context }) => readShared(context, input.params.token),
  }),
  defineOperation({
    ...open,
    id: "attestations.status_list",
    path: "/v1/organizations/{organizationId}/status-list",
    summary: "An organization's signed list of revoked attestations",
    request: { params: OrganizationParams },
    response: { status: 200, media: ["application/jose"], cacheControl: "public, max-age=30" },
    handle: async ({ input, ...context }) => ({
      content: await readStatusList(context, input.params.organizationId),
      mediaType: "application/jose",
    }),
  }),
];
