import { selectKeyHistory } from "../../access/current-signer.ts";
import { openPublicLog } from "../../access/public-log.ts";
import { latestCheckpoint } from "../../audit/log-client.ts";
import { defineOperation } from "../../http/define-operation.ts";
import type { MediaAnswer } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { cosignCheckpoint } from "./cosign-checkpoint.ts";
import { proveConsistency } from "./prove-consistency.ts";
import { proveInclusion, toInclusionProof, toTlogProof } from "./prove-inclusion.ts";
import { readCheckpoint } from "./read-checkpoint.ts";
import { readLog } from "./read-log.ts";
import { readTile } from "./read-tile.ts";
import { refuse } from "./refuse.ts";
import * as schemas from "./schemas.ts";
import { selectCheckpoint, selectCheckpoints } from "./store.ts";

const open = { governance: "public-read", method: "get", access: { mode: "public" } } as const;
const own = { governance: "tenant-read", method: "get", access: { mode: "tenant", scope: "audit:read" } } as const;
const asText = (content: string): MediaAnswer => ({ content, mediaType: "text/plain" });

const publicOperations = [
  defineOperation({
    ...open,
    id: "logs.get",
    path: "/v1/logs/{logId}",
    summary: "Read how an organization's transparency log stands",
    request: { params: schemas.LogParams },
    response: { status: 200, body: schemas.Log, cacheControl: "public, max-age=5" },
    handle: async ({ input: { params }, env, requestId, meter }) => {
      const [[checkpoint], [history]] = await openPublicLog(env, params.logId, { requestId, meter }).read((db) => [
        selectCheckpoint(db),
        selectKeyHistory(db),
      ]);
      if (checkpoint === undefined) throw problem("not_found", "no such log");
      return readLog(env, params.logId, history);
    },
  }),
  defineOperation({
    ...open,
    id: "logs.latest_checkpoint",
    path: "/log/{logId}/checkpoint",
    summary: "Read a log's newest checkpoint (C2SP tlog-tiles), with its witnesses' signatures",
    request: { params: schemas.LogParams },
    response: { status: 200, media: ["text/plain"], cacheControl: "public, max-age=5" },
    handle: async ({ input: { params }, env, requestId, meter }) =>
      asText(await readCheckpoint(openPublicLog(env, params.logId, { requestId, meter }))),
  }),
  defineOperation({
    ...open,
    id: "logs.tile",
    path: "/log/{logId}/tile/{level}/{+tile}",
    summary: "Read a tile of a log (C2SP tlog-tiles)",
    request: { params: schemas.TileParams },
    response: { status: 200, media: ["application/octet-stream"], cacheControl: "public, max-age=31536000, immutable" },
    handle: async ({ input: { params }, env, requestId, meter }) => {
      const tile = await readTile(env, openPublicLog(env, params.logId, { requestId, meter }), `tile/${params.level}/${params.tile}`);
      return { content: new Blob([tile]).stream(), mediaType: "application/octet-stream" };
    },
  }),
  defineOperation({
    ...open,
    id: "logs.checkpoints",
    path: "/v1/logs/{logId}/checkpoints",
    summary: "List a log's checkpoints, newest first",
    request: { params: schemas.LogParams, query: schemas.ListCheckpointsQuery },
    response: { status: 200, body: schemas.CheckpointPage, cacheControl: "public, max-age=5" },
    handle: async ({ input: { params, query }, env, requestId, meter }) => {
      const [[newest], rows] = await openPublicLog(env, params.logId, { requestId, meter }).read((db) => [
        selectCheckpoint(db),
        selectCheckpoints(db, query.before, query.limit + 1),
      ]);
      if (newest === undefined) throw problem("not_found", "no such log");
      const items = rows.slice(0, query.limit).map(({ signedAt, ...row }) => ({ ...row, signedAt: signedAt.toISOString() }));
      return { items, nextBefore: rows.length > query.limit ? (items.at(-1)?.size ?? null) : null };
    },
  }),
  defineOperation({
    ...open,
    id: "logs.checkpoint",
    path: "/v1/logs/{logId}/checkpoints/{size}",
    summary: "Read one of a log's checkpoints, with its witnesses' signatures",
    request: { params: schemas.CheckpointParams },
    response: { status: 200, media: ["text/plain"], cacheControl: "public, max-age=5" },
    handle: async ({ input: { params }, env, requestId, meter }) =>
      asText(await readCheckpoint(openPublicLog(env, params.logId, { requestId, meter }), params.size)),
  }),
  defineOperation({
    ...open,
    id: "logs.consistency_proof",
    path: "/v1/logs/{logId}/consistency-proof",
    summary: "Prove that a log's later tree begins with its earlier one",
    request: { params: schemas.LogParams, query: schemas.ConsistencyQuery },
    response: { status: 200, body: schemas.ConsistencyProof, cacheControl: "public, max-age=5" },
    handle: ({ input: { params, query }, env, requestId, meter }) =>
      proveConsistency(env, openPublicLog(env, params.logId, { requestId, meter }), query),
  }),
];

const ownOperations = [
  defineOperation({
    ...own,
    id: "logs.own",
    path: "/v1/log",
    summary: "Read how the organization's own log stands; its first checkpoint is signed now if there is none",
    request: {},
    response: { status: 200, body: schemas.Log },
    handle: async ({ env, tenant }) => {
      const [[history]] = await tenant.read((db) => [selectKeyHistory(db)]);
      const head = await latestCheckpoint(env, tenant.orgId);
      if (!head.ok) throw refuse(head);
      return readLog(env, tenant.orgId, history);
    },
  }),
  defineOperation({
    ...own,
    id: "audit_events.inclusion_proof",
    path: "/v1/audit-events/{auditEventId}/inclusion-proof",
    summary: "Prove that an event is in the log",
    request: { params: schemas.EventParams, query: schemas.ProofQuery },
    response: { status: 200, body: schemas.InclusionProof },
    handle: async ({ input: { params, query }, ...context }) =>
      toInclusionProof(await proveInclusion(context, params.auditEventId, query.size)),
  }),
  defineOperation({
    ...own,
    id: "audit_events.tlog_proof",
    path: "/v1/audit-events/{auditEventId}/tlog-proof",
    summary: "Download the proof that an event is in the log, as C2SP tlog-proof",
    request: { params: schemas.EventParams, query: schemas.ProofQuery },
    response: { status: 200, media: ["text/plain"] },
    handle: async ({ input: { params, query }, ...context }) => ({
      ...asText(toTlogProof(await proveInclusion(context, params.auditEventId, query.size))),
      headers: { "Content-Disposition": `attachment; filename="${params.auditEventId}.tlog-proof"` },
    }),
  }),
  defineOperation({
    id: "logs.cosign",
    method: "post",
    path: "/v1/log/cosignatures",
    summary: "Add a witness's signature to one of the organization's checkpoints",
    access: { mode: "tenant", scope: "audit:witness" },
    governance: "tenant-mutation",
    audit: "checkpoint.cosigned",
    request: { body: schemas.CosignBody },
    response: { status: 201, body: schemas.Cosignature },
    handle: ({ input: { body }, ...context }) => cosignCheckpoint(context, body),
  }),
];

export const transparencyOperations = [...publicOperations, ...ownOperations];
