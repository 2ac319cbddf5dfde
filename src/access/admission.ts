import type { IdempotencyRequest, IdempotencyState } from "./idempotency.ts";
import type { KeyClaim, KeyGrant } from "./key-record.ts";
import type { PersonClaim, PersonGrant } from "./person-record.ts";
import type { Plan } from "./plans.ts";
import type { LimitAnswer } from "./rolling-limit.ts";

/** What the gate is asked, of a key or of a person. */
export type AdmitRequest = {
  readonly orgId: string;
  /** Credential, payment and autonomous-action operations pass a storage write every time. */
  readonly durable: boolean;
  readonly idempotency: IdempotencyRequest | null;
} & (KeyRequest | PersonRequest);

export type KeyRequest = { readonly keyId: string; readonly claim: KeyClaim; readonly person?: never };
export type PersonRequest = { readonly person: PersonClaim; readonly keyId?: never; readonly claim?: never };

/** What a key or a person is granted. */
type Granted = { readonly grant: KeyGrant; readonly person?: never } | { readonly person: PersonGrant; readonly grant?: never };

export type Metered = {
  readonly ok: true;
  readonly plan: Plan;
  readonly wrappedDataKey: string;
  readonly limit: LimitAnswer;
  readonly idempotency: IdempotencyState | null;
};
export type Admission = Metered & Granted;

export type Refusal = {
  readonly ok: false;
  readonly reason: "credential_refused" | "address_denied" | "person_needed" | "scope_denied" | "rate_limited";
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
