import { currentTime } from "../platform/clock.ts";
import type { Call } from "./call.ts";
import type { Operation } from "./operation.ts";
import { setSecurityHeaders } from "./security-headers.ts";

/** When a kept answer was computed, in milliseconds. It never leaves. */
const computedHeader = "X-Computed-At";
/** What the cache adds of its own: the age would be counted twice. */
const cacheHeaders = ["Age", "Date", "CF-Cache-Status", computedHeader];

/**
 * Answers with what was computed for somebody else at most `seconds` ago, else computes and keeps it for the data centre. What callers may
 * keep counts down from the same moment, so that no chain of caches shows anything later than that, and a failure is never kept.
 */
export async function answerShared(
  { path }: Operation,
  { env, params, headers: added, waitUntil }: Call,
  seconds: number,
  compute: () => Promise<Response>,
): Promise<Response> {
  const key = `${env.publicOrigin}${path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ""))}`;
  const kept = await caches.default.match(key).catch(() => undefined);
  if (kept !== undefined) {
    const leftSeconds = secondsLeft(Number(kept.headers.get(computedHeader)), seconds);
    if (leftSeconds > 0) return serve(kept, leftSeconds);
  }
  const computedAt = currentTime().getTime();
  const response = await compute();
  const headers = new Headers([...response.headers, ...Object.entries(added)]);
  setSecurityHeaders(headers);
  headers.set(computedHeader, String(computedAt));
  headers.set("Cache-Control", `public, max-age=${seconds}`);
  const copy = new Response(response.clone().body, { status: response.status, headers });
  waitUntil(caches.default.put(key, copy).catch(() => undefined));
  return serve(response, secondsLeft(computedAt, seconds));
}

/** Whole seconds until an answer is too old; none for one from the future, whose age nobody knows. */
function secondsLeft(computedAt: number, seconds: number): number {
  const ageMs = currentTime().getTime() - computedAt;
  return ageMs < 0 ? 0 : Math.max(0, Math.floor(seconds - ageMs / 1000));
}

function serve(response: Response, leftSeconds: number): Response {
  const served = new Response(response.body, response);
  for (const name of cacheHeaders) served.headers.delete(name);
  served.headers.set("Cache-Control", `public, max-age=${leftSeconds}, must-revalidate`);
  return served;
}
