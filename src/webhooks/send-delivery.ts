import { currentTime } from "../platform/clock.ts";
import { egressFetch, failureIsOurs, type EgressEnvironment } from "../platform/egress.ts";
import type { Attempt } from "./outcome.ts";
import { signDelivery, type WebhookSigner } from "./sign.ts";

/** How long a receiver has to answer. */
export const sendTimeoutMs = 15_000;

/** Where it goes, and what signs it: as the endpoint is at this moment. */
export type Target = { readonly url: string; readonly signers: readonly WebhookSigner[] };
export type Sendable = {
  readonly eventId: string;
  /** The body, byte for byte. */
  readonly payload: string;
  /** Attempts made before this one. */
  readonly attempts: number;
};

/**
 * Makes one attempt (Standard Webhooks 1.0.0): the same id and body each time, signed anew with the time. Only the status of the answer is
 * looked at; 2xx alone is success, and a redirect is not followed. Where it may go is checked again here.
 */
export async function sendDelivery(
  env: EgressEnvironment,
  target: Target,
  { eventId, payload, attempts }: Sendable,
  timeoutMs: number,
): Promise<Attempt> {
  const timestamp = Math.floor(currentTime().getTime() / 1000);
  const headers = {
    "content-type": "application/json",
    "webhook-id": eventId,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": await signDelivery(target.signers, eventId, timestamp, payload),
    // Not signed: for the receiver's logs.
    "armalo-attempt": String(attempts + 1),
  };
  const request = { url: target.url, method: "POST", headers, body: payload } as const;
  const result = await egressFetch(env, request, { timeoutMs, body: "ignore" });
  const at = currentTime();
  if (!result.ok) {
    const { reason, status = null, latencyMs } = result;
    const ms = failureIsOurs(reason) ? null : latencyMs;
    // The answer's body is not read, so it cannot be too large.
    return { at, status, ms, failure: reason === "too_large" ? "network" : reason, retryAfter: undefined };
  }
  const { status, latencyMs: ms } = result;
  const retryAfter = result.headers.get("retry-after") ?? undefined;
  return { at, status, ms, failure: status >= 200 && status < 300 ? undefined : "status", retryAfter };
}
