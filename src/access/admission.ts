import type { IdempotencyRequest, IdempotencyState } from "./idempotency.ts";
import type { KeyClaim, KeyGrant } from "./key-record.ts";
import type { Plan } from "./plans.ts";
import type { LimitAnswer } from "./rolling-limit.ts";

/** What the gate is asked. */
export type AdmitRequest = {
  readonly orgId: string;
  readonly keyId: string;
  readonly claim: KeyClaim;
  /** Credential, payment and autonomous-action operations pass a storage write every time. */
  readonly durable: boolean;
  readonly idempotency: IdempotencyRequest | null;
};

export type Admission = {
  readonly ok: true;
  readonly grant: KeyGrant;
  readonly plan: Plan;
  readonly wrappedDataKey: string;
  readonly limit: LimitAnswer;
  readonly idempotency: IdempotencyState | null;
};

export type Refusal = {
  readonly ok: false;
  readonly reason: "credential_refused" | "address_denied" | "scope_denied" | "rate_limited";
  readonly blocker: string;
  readonly limit?: LimitAnswer;
};

/**
 * Reads what the gate answered. It is JSON, because every request makes this call, and RPC takes longer over an object than over
 * its text together with writing and reading that.
 */
export const readAdmission = (answer: string): Admission | Refusal =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the gate's own admit wrote it
  JSON.parse(answer) as Admission | Refusal;
