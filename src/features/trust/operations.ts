import { defineOperation } from "../../http/define-operation.ts";
import { prices } from "../../payments/prices.ts";
import { readPublicBundle } from "../attestations/index.ts";
import { StatementBundle } from "../statements/index.ts";
import { badge } from "./badge.ts";
import { trustPage } from "./page/trust-page.ts";
import { quoteEvidence, readEvidence } from "./read-evidence.ts";
import { readTrust } from "./read-trust.ts";
import { PublicAgentParams, TrustEvidence, TrustReport } from "./schemas.ts";

const open = {
  governance: "public-read",
  method: "get",
  access: { mode: "public" },
  request: { params: PublicAgentParams },
} as const;
/** A change of score, visibility, violation or revocation is seen within this. */
const sharedSeconds = 30;

export const trustOperations = [
  defineOperation({
    ...open,
    id: "trust.get",
    tool: "get_trust_report",
    path: "/v1/trust/{agentId}",
    summary: "Read how far a public agent can be trusted, and what proves it",
    response: { status: 200, body: TrustReport, anyOrigin: true, sharedSeconds },
    handle: ({ input, ...context }) => readTrust(context, input.params.agentId),
  }),
  defineOperation({
    ...open,
    id: "trust.badge",
    path: "/v1/trust/{agentId}/badge.svg",
    summary: "A public agent's trust as a badge",
    response: { status: 200, media: ["image/svg+xml"], anyOrigin: true, sharedSeconds },
    handle: async ({ input, ...context }) => badge(await readTrust(context, input.params.agentId)),
  }),
  defineOperation({
    ...open,
    id: "trust.attestation",
    path: "/v1/trust/{agentId}/attestation",
    summary: "Read a public agent's attested score with all that is needed to check it offline",
    response: { status: 200, body: StatementBundle, anyOrigin: true, sharedSeconds },
    handle: ({ input, ...context }) => readPublicBundle(context, input.params.agentId),
  }),
  defineOperation({
    governance: "tenant-read",
    method: "get",
    access: { mode: "payable", scope: "scores:read", price: prices.evidence },
    id: "trust.evidence",
    tool: "get_trust_evidence",
    path: "/v1/trust/{agentId}/evidence",
    summary: "Read how far a public agent can be trusted, with the evidence from which anybody recomputes its score",
    request: { params: PublicAgentParams },
    response: { status: 200, body: TrustEvidence },
    handle: ({ input, ...context }) => readEvidence(context, input.params.agentId),
    quote: ({ input, ...context }) => quoteEvidence(context, input.params.agentId),
  }),
  defineOperation({
    ...open,
    id: "trust.page",
    path: "/agents/{agentId}",
    summary: "A public agent's trust as a page for people",
    response: { status: 200, media: ["text/html"], sharedSeconds },
    handle: async ({ input, ...context }) => trustPage(await readTrust(context, input.params.agentId)),
  }),
];
