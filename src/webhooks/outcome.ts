import type { webhookHealth } from "../db/schema/webhooks.ts";
import type { EgressFailure } from "../platform/egress.ts";
import { nextAttemptAt } from "./schedule.ts";

/** Why an attempt failed. `status`: the receiver answered, and not with 2xx. `not_sent`: a fault of ours kept it from being made. */
export const deliveryFailures = [
  "status",
  "redirect",
  "timeout",
  "network",
  "refused_url",
  "dns_refused",
  "dns_unreachable",
  "not_sent",
] as const satisfies readonly (EgressFailure | "status" | "not_sent")[];
export type DeliveryFailure = (typeof deliveryFailures)[number];

/** What came of one request; `failure` is undefined where the receiver took it. */
export type Attempt = {
  readonly at: Date;
  /** Null where nobody answered, or nobody was asked. */
  readonly status: number | null;
  readonly ms: number | null;
  readonly failure: DeliveryFailure | undefined;
  readonly retryAfter: string | undefined;
};

export type Health = Pick<typeof webhookHealth.$inferSelect, "failingSince" | "alertedPercent" | "lastSuccessAt" | "lastFailureAt">;

/** How a delivery stands after an attempt. `cancelled`: the endpoint takes nothing any more, and this was how we learned it. */
export type DeliveryChange = {
  readonly eventId: string;
  readonly status: "pending" | "delivered" | "failed" | "cancelled";
  readonly attempts: number;
  readonly nextAttemptAt: Date | null;
  readonly lastAttemptAt: Date;
  readonly responseStatus: number | null;
  readonly responseMs: number | null;
  readonly failure: DeliveryFailure | null;
};

export type Outcome = {
  readonly change: DeliveryChange;
  readonly health: Health;
  /** How far on the way to being disabled the endpoint has come since it was last told of, each share once, the least first. */
  readonly alerts: readonly AlertPercent[];
  /** `gone`: the receiver said 410; `failing`: nothing was taken for five days. */
  readonly disable: "gone" | "failing" | undefined;
};

/** Failures only, from the first one on, for so long disable an endpoint. */
export const failingLimitMs = 5 * 24 * 60 * 60 * 1000;
export const alertPercents = [50, 70, 90, 100] as const;
export type AlertPercent = (typeof alertPercents)[number];

const gone = 410;

/** What an attempt means for its delivery and for its endpoint. `jitter` is a number from 0 to 1, by chance. */
export function outcome(
  delivery: { readonly eventId: string; readonly attempts: number },
  health: Health,
  attempt: Attempt,
  jitter: number,
): Outcome {
  const { at, status, ms, failure, retryAfter } = attempt;
  const attempts = delivery.attempts + 1;
  const told = { eventId: delivery.eventId, attempts, lastAttemptAt: at, responseStatus: status, responseMs: ms, failure: failure ?? null };
  if (failure === undefined) {
    const change = { ...told, status: "delivered", nextAttemptAt: null } as const;
    return { change, health: { ...health, failingSince: null, alertedPercent: 0, lastSuccessAt: at }, alerts: [], disable: undefined };
  }
  const failingSince = health.failingSince ?? at;
  const percent = (100 * (at.getTime() - failingSince.getTime())) / failingLimitMs;
  const alerts = alertPercents.filter((one) => one > health.alertedPercent && percent >= one);
  const disable = status === gone ? "gone" : percent >= 100 ? "failing" : undefined;
  const next = nextAttemptAt({ attempts, at, retryAfter, jitter });
  const ended = disable === undefined ? "failed" : "cancelled";
  return {
    change:
      next === undefined || disable !== undefined
        ? { ...told, status: ended, nextAttemptAt: null }
        : { ...told, status: "pending", nextAttemptAt: next },
    health: { ...health, failingSince, alertedPercent: alerts.at(-1) ?? health.alertedPercent, lastFailureAt: at },
    alerts,
    disable,
  };
}
