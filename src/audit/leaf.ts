import { canonicalJson } from "../crypto/canonical-json.ts";
import { utf8 } from "../crypto/encoding.ts";
import { hashLeaf, type Hash } from "./transparency/tree-hash.ts";

/** What the log says of an audit event. `at` has milliseconds and no more; `seq` counts from 1 without gaps. */
export type LeafEvent = {
  readonly orgId: string;
  readonly seq: number;
  readonly id: string;
  readonly at: Date;
  readonly actor: string;
  readonly action: string;
  readonly resource: string;
  readonly change: string;
  /** A salted commitment to personal data that stands elsewhere, or null. */
  readonly commitment: string | null;
  readonly requestId: string;
};

/** The leaf's JSON. This shape is final: another one would be a `v: 2` beside it, never instead of it. */
export const auditLeaf = ({ orgId, seq, id, at, actor, action, resource, change, commitment, requestId }: LeafEvent) => ({
  v: 1,
  orgId,
  seq,
  id,
  at: at.toISOString(),
  actor,
  action,
  resource,
  change,
  commitment,
  requestId,
});

/** SHA-256(0x00 ‖ JCS(leaf)) (RFC 6962, RFC 8785): the event's leaf, which stands in the tree at index `seq` − 1. */
export const leafHash = (event: LeafEvent): Hash => hashLeaf(utf8(canonicalJson(auditLeaf(event))));
