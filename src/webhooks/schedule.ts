const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** How long after the attempt before each attempt is made (Standard Webhooks 1.0.0): ten attempts in about 75 hours. */
export const retryDelaysMs: readonly number[] = [
  0,
  5 * second,
  5 * minute,
  30 * minute,
  2 * hour,
  5 * hour,
  10 * hour,
  14 * hour,
  20 * hour,
  24 * hour,
];

/** The longest that a receiver's Retry-After is honoured. */
export const longestRetryAfterMs = 24 * hour;
const jitterShare = 0.1;

type LastAttempt = {
  /** Attempts made, this one included: at least 1. */
  readonly attempts: number;
  readonly at: Date;
  /** The Retry-After header, as it came. */
  readonly retryAfter: string | undefined;
  /** From 0 to 1, by chance: moves the delay by up to ±10 %, so that what failed together does not come back together. */
  readonly jitter: number;
};

/** When a delivery is tried again; undefined where every attempt was made. Retry-After is a minimum, and never adds an attempt. */
export function nextAttemptAt({ attempts, at, retryAfter, jitter }: LastAttempt): Date | undefined {
  const delay = retryDelaysMs[attempts];
  if (delay === undefined) return undefined;
  const jittered = Math.round(delay * (1 - jitterShare + 2 * jitterShare * jitter));
  return new Date(at.getTime() + Math.max(jittered, readRetryAfter(retryAfter, at)));
}

const shortDays = "Mon|Tue|Wed|Thu|Fri|Sat|Sun";
const months = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec";
/** IMF-fixdate (RFC 9110, 5.6.7): the one form of a date that is still to be sent. */
const httpDate = new RegExp(`^(?:${shortDays}), \\d{2} (?:${months}) \\d{4} \\d{2}:\\d{2}:\\d{2} GMT$`);

/** How long a Retry-After header (RFC 9110, 10.2.3) asks us to wait, in milliseconds from 0 to 24 hours; 0 for what is past, negative or neither form. */
export function readRetryAfter(header: string | undefined, now: Date): number {
  const text = header?.trim() ?? "";
  const asked = /^\d+$/.test(text) ? Number(text) * second : httpDate.test(text) ? Date.parse(text) - now.getTime() : 0;
  return Number.isNaN(asked) ? 0 : Math.min(Math.max(asked, 0), longestRetryAfterMs);
}
