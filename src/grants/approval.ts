/**
 * The states of an approval. `proposed` → `pending` → `approved` | `denied` | `expired` | `cancelled` | `invalidated`; `approved` → `consumed` |
 * `expired` | `cancelled` | `invalidated`. A time-out is `expired`: nobody said no, and nobody said yes.
 */
export const approvalStatuses = ["proposed", "pending", "approved", "denied", "expired", "cancelled", "invalidated", "consumed"] as const;
export type ApprovalStatus = (typeof approvalStatuses)[number];

/** What became of an approval that was consumed. */
export const approvalEffects = ["confirmed", "failed", "unknown"] as const;
export type ApprovalEffect = (typeof approvalEffects)[number];
