import type { Meeting } from "./meeting.ts";
import type { Workerd } from "./processes.ts";
import { sum } from "./race.ts";
import { quantile } from "./statistics.ts";

/** What one run, or several of them together, came to. */
export type FanOut = {
  readonly deliveries: number;
  readonly elapsedMs: number;
  /** Of each message, from its publication to its last delivery. */
  readonly delaysMs: readonly number[];
  /** CPU of workerd; NaN where the system does not say. */
  readonly cpuMs: number;
};

export const deliveriesPerSecond = ({ deliveries, elapsedMs }: FanOut): number => deliveries / (elapsedMs / 1000);
export const cpuPerDeliveryUs = ({ deliveries, cpuMs }: FanOut): number => (cpuMs * 1000) / deliveries;
export const delayMs = ({ delaysMs }: FanOut, q: number): number => quantile(delaysMs, q);

/** Several runs as one. */
export const allOf = (runs: readonly FanOut[]): FanOut => ({
  deliveries: sum(runs.map(({ deliveries }) => deliveries)),
  elapsedMs: sum(runs.map(({ elapsedMs }) => elapsedMs)),
  delaysMs: runs.flatMap(({ delaysMs }) => delaysMs),
  cpuMs: sum(runs.map(({ cpuMs }) => cpuMs)),
});

const patienceMs = 20_000;

/**
 * Publishes for so many seconds, all members in turn, with always as many messages on their way as are `together`: when the last member has
 * got one, the next is published. Waits at the end until all are delivered; a message that somebody does not get ends the bench.
 */
export async function fanOut(
  workerd: Pick<Workerd, "cpuMs">,
  { members, textOf, listen }: Meeting,
  together: number,
  seconds: number,
): Promise<FanOut> {
  const cpuBefore = await workerd.cpuMs();
  const delaysMs: number[] = [];
  const onTheirWay = new Map<number, { readonly publishedAt: number; missing: number }>();
  const startedAt = performance.now();
  let published = 0;
  const publish = (): void => {
    const number = ++published;
    onTheirWay.set(number, { publishedAt: performance.now(), missing: members.length });
    members[number % members.length]?.send(textOf(number));
  };
  await new Promise<void>((resolve, reject) => {
    const patience = setTimeout(() => reject(new Error("a member of a room did not get a message")), seconds * 1000 + patienceMs);
    const heard = (number: number): void => {
      const message = onTheirWay.get(number);
      if (message === undefined || --message.missing > 0) return;
      const now = performance.now();
      onTheirWay.delete(number);
      delaysMs.push(now - message.publishedAt);
      if (now - startedAt < seconds * 1000) publish();
      else if (onTheirWay.size === 0) {
        clearTimeout(patience);
        resolve();
      }
    };
    listen({ heard, refused: reject });
    for (let first = 0; first < together; first += 1) publish();
  });
  const elapsedMs = performance.now() - startedAt;
  return { deliveries: published * members.length, elapsedMs, delaysMs, cpuMs: (await workerd.cpuMs()) - cpuBefore };
}
