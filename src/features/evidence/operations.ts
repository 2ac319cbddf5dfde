import { defineOperation } from "../../http/define-operation.ts";
import { streamEvidence } from "./stream-evidence.ts";

export const evidenceOperations = [
  defineOperation({
    governance: "tenant-read",
    method: "get",
    access: { mode: "tenant", scope: "audit:read" },
    id: "audit_events.evidence",
    path: "/v1/audit-events/evidence",
    summary: "Download the whole log with its proofs, keys and signed statements, to be checked offline",
    request: {},
    response: { status: 200, media: ["application/zip"] },
    handle: (context) => streamEvidence(context),
  }),
];
