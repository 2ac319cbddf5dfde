import { currentTime } from "../platform/clock.ts";
import { describeFault } from "../platform/describe-fault.ts";
import { log } from "../platform/logger.ts";
import type { Attempt } from "./outcome.ts";
import { judge, nothingEnded, type Judged } from "./judge-batch.ts";
import type { Health } from "./outcome.ts";
import type { Sendable } from "./send-delivery.ts";

/** As many connections as a Worker may have open at a time. */
const sentAtOnce = 6;

type Sending = {
  readonly health: Health;
  readonly send: (delivery: Sendable) => Promise<Attempt>;
  /** Asked before each one: whether it may still go. */
  readonly mayStart: () => boolean;
  /** From 0 to 1, by chance. */
  readonly jitter: () => number;
};

/** Sends in the order given, a few at a time, until all have ended, or what came of one ends the endpoint. What was not started is as it was. */
export async function sendBatch(due: readonly Sendable[], { health, send, mayStart, jitter }: Sending): Promise<Judged> {
  let judged = nothingEnded(health);
  const waiting = due.values();
  const sendOn = async (): Promise<void> => {
    while (judged.disable === undefined && mayStart()) {
      const { value: delivery } = waiting.next();
      if (delivery === undefined) return;
      const attempt = await send(delivery).catch((fault: unknown) => notSent(delivery, fault));
      judged = judge(judged, { ...delivery, attempt, jitter: jitter() });
    }
  };
  await Promise.all(Array.from({ length: sentAtOnce }, sendOn));
  return judged;
}

/** One that no attempt can be made of fails by the schedule, like any other: it neither keeps the rest from being recorded nor comes back at once. */
function notSent({ eventId }: Sendable, fault: unknown): Attempt {
  log("error", "webhook_not_sent", { eventId, fault: describeFault(fault) });
  return { at: currentTime(), status: null, ms: null, failure: "not_sent", retryAfter: undefined };
}
