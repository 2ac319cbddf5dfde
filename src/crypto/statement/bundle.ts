import { z } from "zod";
import { DsseEnvelope } from "./dsse.ts";

const Sha256 = z.string().regex(/^sha256:[0-9a-f]{64}$/);

/** Half a surrogate pair has no canonical form, so it was never logged. */
const Text = z.string().refine((text) => text.isWellFormed());

/** A leaf of the log as JSON (audit/leaf.ts). */
export const Leaf = z.strictObject({
  v: z.literal(1),
  orgId: Text,
  seq: z.int().min(1),
  id: Text,
  at: z.iso.datetime({ precision: 3 }),
  actor: Text,
  action: Text,
  resource: Text,
  change: Text,
  commitment: Text.nullable(),
  requestId: Text,
});
export type Leaf = z.output<typeof Leaf>;

/** How a statement came into the log: the event, what its `change` is the digest of, and the C2SP tlog-proof. */
export const Inclusion = z.strictObject({
  leaf: Leaf,
  preimage: z.strictObject({ statement: Sha256, change: Sha256.optional() }),
  proof: z.string(),
});
export type Inclusion = z.output<typeof Inclusion>;

export const bundleFormat = "armalo-bundle/1";

/** A statement with all that is needed to check it with the network off. */
export const Bundle = z.strictObject({
  format: z.literal(bundleFormat),
  statement: z.union([z.string(), DsseEnvelope]),
  keyHistory: z.string().nullable(),
  inclusion: Inclusion.nullable(),
  statusList: z.string().nullable(),
});
export type Bundle = z.output<typeof Bundle>;
