import autocannon from "autocannon";
import { quantile } from "./statistics.ts";
import type { Workerd } from "./processes.ts";

export type Target = {
  readonly origin: string;
  readonly requests: readonly autocannon.Request[];
  /** The status of each answer, where it is none of 2xx. */
  readonly expected?: number;
};

/** What one run, or several of them together, came to. */
export type Run = {
  /** Of each request, in milliseconds. */
  readonly durationsMs: readonly number[];
  readonly elapsedMs: number;
  /** CPU of workerd, which holds Worker and Durable Objects; NaN where the system does not say. */
  readonly cpuMs: number;
};

export const perSecond = ({ durationsMs, elapsedMs }: Run): number => durationsMs.length / (elapsedMs / 1000);
export const cpuPerRequestMs = ({ durationsMs, cpuMs }: Run): number => cpuMs / durationsMs.length;
export const latencyMs = ({ durationsMs }: Run, q: number): number => quantile(durationsMs, q);

/** Loads a target with so many connections. Each begins at another of its requests and goes round; any other status than is expected ends the bench. */
export async function load(workerd: Workerd, target: Target, connections: number, seconds: number): Promise<Run> {
  const durationsMs: number[] = [];
  let started = 0;
  const cpuBefore = await workerd.cpuMs();
  const startedAt = performance.now();
  let endedAt = startedAt;
  const run = autocannon({
    url: target.origin,
    connections,
    duration: seconds,
    sampleInt: 100,
    idReplacement: target.requests.some(({ body }) => body?.includes("[<id>]")),
    setupClient: (client) => client.setRequests(startingAt(target.requests, started++)),
  });
  run.on("response", (_client, _status, _bytes, durationMs) => {
    durationsMs.push(durationMs);
    endedAt = performance.now();
  });
  const { non2xx, errors, statusCodeStats } = await run;
  const answered = Object.values(statusCodeStats).reduce((total, { count }) => total + count, 0);
  const unexpected = target.expected === undefined ? non2xx : answered - (statusCodeStats[target.expected]?.count ?? 0);
  if (unexpected + errors > 0) throw new Error(`${target.origin} answered ${JSON.stringify(statusCodeStats)}, ${errors} errors`);
  return { durationsMs, elapsedMs: endedAt - startedAt, cpuMs: (await workerd.cpuMs()) - cpuBefore };
}

/** The generator keeps what it builds on the requests themselves, so each connection gets its own. */
const startingAt = (requests: readonly autocannon.Request[], at: number): autocannon.Request[] =>
  [...requests.slice(at % requests.length), ...requests.slice(0, at % requests.length)].map((request) => ({ ...request }));
