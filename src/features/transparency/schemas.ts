import { z } from "@hono/zod-openapi";
import { logFaultReasons } from "../../audit/log-fault.ts";
import { idPattern } from "../../platform/ids.ts";

const size = z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER);

export const LogParams = z.object({
  logId: z.string().regex(idPattern("organization")).openapi({ description: "The organization whose log it is." }),
});
export const CheckpointParams = LogParams.extend({ size });
export const TileParams = LogParams.extend({ level: z.string(), tile: z.string() });
export const EventParams = z.object({ auditEventId: z.string().regex(idPattern("auditEvent")) });

export const ListCheckpointsQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(25),
  before: size.optional().openapi({ description: "Only smaller checkpoints: `nextBefore` of the page before." }),
});
export const ConsistencyQuery = z.object({
  from: size,
  to: size.optional().openapi({ description: "The newest checkpoint's size unless given." }),
});
export const ProofQuery = z.object({
  size: size.optional().openapi({ description: "The size of the checkpoint to prove it under: the newest unless given." }),
});

const Base64Hash = z.string().openapi({ description: "32 bytes as base64." });

export const Log = z
  .object({
    logId: z.string(),
    origin: z.string().openapi({ description: "The origin line of its checkpoints; `https://` before it is where its tiles are served." }),
    verifierKeys: z.array(z.string()).openapi({ description: "Keys whose signatures count, as vkeys of C2SP signed-note." }),
    state: z.enum(["running", "stopped"]),
    stopped: z
      .object({ reason: z.enum(logFaultReasons), seq: z.int(), since: z.iso.datetime() })
      .nullable()
      .openapi({ description: "Why nothing more is signed: where the events no longer agree with what was." }),
    size: z.int().openapi({ description: "Events that the newest checkpoint covers." }),
    root: Base64Hash,
    signedAt: z.iso.datetime(),
  })
  .openapi("Log");
export type LogView = z.input<typeof Log>;

const Checkpoint = z
  .object({
    size: z.int(),
    root: Base64Hash,
    kid: z.string(),
    signedAt: z.iso.datetime(),
    witnesses: z.int().openapi({ description: "How many witnesses co-signed it." }),
  })
  .openapi("Checkpoint");
export const CheckpointPage = z.object({ items: z.array(Checkpoint), nextBefore: z.int().nullable() }).openapi("CheckpointPage");

export const ConsistencyProof = z
  .object({
    from: z.object({ size: z.int(), root: Base64Hash }),
    to: z.object({ size: z.int(), root: Base64Hash }),
    hashes: z.array(Base64Hash),
  })
  .openapi("ConsistencyProof", { description: "RFC 9162, 2.1.4: the tree of `to` begins with all the leaves of the tree of `from`." });

const Leaf = z.object({
  v: z.literal(1),
  orgId: z.string(),
  seq: z.int(),
  id: z.string(),
  at: z.iso.datetime(),
  actor: z.string(),
  action: z.string(),
  resource: z.string(),
  change: z.string(),
  commitment: z.string().nullable(),
  requestId: z.string(),
});

export const InclusionProof = z
  .object({
    leaf: Leaf.openapi({
      description: "The event as it was logged. SHA-256 over a zero byte and its canonical JSON (RFC 8785) is `leafHash`.",
    }),
    leafIndex: z.int(),
    treeSize: z.int(),
    leafHash: Base64Hash,
    hashes: z.array(Base64Hash).openapi({ description: "RFC 9162, 2.1.3: siblings from the leaf upwards." }),
    checkpoint: z.string().openapi({ description: "The signed note of C2SP tlog-checkpoint whose root they lead to." }),
  })
  .openapi("InclusionProof");
export type InclusionProofView = z.input<typeof InclusionProof>;

export const CosignBody = z
  .object({
    size: z.int().min(1).openapi({ description: "The checkpoint's size." }),
    verifierKey: z.string().max(400).openapi({ description: "The witness's vkey, of type 4 (C2SP tlog-cosignature)." }),
    signature: z.string().max(600).openapi({ description: "Its signature line: `— <name> <base64>`." }),
  })
  .strict();

export const Cosignature = z
  .object({ size: z.int(), witness: z.string(), verifierKey: z.string(), witnessedAt: z.iso.datetime() })
  .openapi("Cosignature");
