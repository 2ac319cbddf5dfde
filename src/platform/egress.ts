import { concatBytes } from "../crypto/encoding.ts";
import { checkUrl, isLocalEndpoint, type EgressPolicy } from "./egress-url.ts";
import { checkName, type NameCheck } from "./resolve-name.ts";

export type EgressEnvironment = EgressPolicy & { readonly dohUrl: string };
export type EgressRequest = {
  readonly url: string;
  readonly method: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};
/** `maxBytes` can only lower the ceiling of 256 KiB. */
export type EgressLimits = { readonly timeoutMs: number; readonly maxBytes?: number };
export type EgressFailure = "refused_url" | "dns_refused" | "dns_unreachable" | "timeout" | "too_large" | "redirect" | "network";
export type EgressResult =
  | { readonly ok: true; readonly status: number; readonly body: Uint8Array; readonly latencyMs: number }
  | { readonly ok: false; readonly reason: EgressFailure; readonly detail: string; readonly latencyMs: number };

/** What the names of one run resolved to: asked once, so that an owner cannot change the answer from case to case. */
export type NameCache = Map<string, Promise<NameCheck>>;
export const newNameCache = (): NameCache => new Map();

const ceilingBytes = 262_144;
const userAgent = "armalo";
const ours: ReadonlySet<EgressFailure> = new Set(["refused_url", "dns_refused", "dns_unreachable"]);
/** We did not call, so nothing can be said of whoever would have answered. */
export const failureIsOurs = (reason: EgressFailure): boolean => ours.has(reason);

/**
 * Calls a URL that a tenant gave us; nothing else in this code base may. The answer is complete, whatever its status; a redirect is
 * a failure. `timeoutMs` covers the whole exchange but not the look-up of the name.
 *
 * The window that remains: Workers cannot pin the address that they connect to, so a name may resolve to another address between our
 * look-up and the connection (DNS rebinding). On Cloudflare `global_fetch_strictly_public` and the absence of a private network behind
 * the Worker bound what that reaches; nothing of the answer is ever shown but verdicts, digests, and what a
 * well-formed agent card says of its agent.
 */
export async function egressFetch(
  env: EgressEnvironment,
  request: EgressRequest,
  limits: EgressLimits,
  names: NameCache = newNameCache(),
): Promise<EgressResult> {
  const checked = checkUrl(request.url, env);
  if (!checked.ok) return { ok: false, reason: "refused_url", detail: checked.reason, latencyMs: 0 };
  if (!isLocalEndpoint(checked.url, env)) {
    const name = await resolveOnce(env.dohUrl, checked.url.hostname, names);
    if (!name.ok) return { ...name, latencyMs: 0 };
  }
  return await exchange(checked.url, request, limits);
}

async function resolveOnce(dohUrl: string, host: string, names: NameCache): Promise<NameCheck> {
  const asked = names.get(host) ?? checkName(dohUrl, host);
  names.set(host, asked);
  const answer = await asked;
  // A resolver that could not be reached has said nothing worth keeping.
  if (!answer.ok && answer.reason === "dns_unreachable") names.delete(host);
  return answer;
}

async function exchange(url: URL, request: EgressRequest, limits: EgressLimits): Promise<EgressResult> {
  const startedMs = performance.now();
  const latencyMs = (): number => Math.max(0, Math.round(performance.now() - startedMs));
  const failed = (reason: EgressFailure, detail: string): EgressResult => ({ ok: false, reason, detail, latencyMs: latencyMs() });
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), limits.timeoutMs);
  try {
    const response = await fetch(url, {
      method: request.method,
      headers: { "user-agent": userAgent, ...request.headers },
      ...(request.body === undefined ? {} : { body: request.body }),
      redirect: "manual",
      signal: deadline.signal,
    });
    if (isRedirect(response)) {
      letGo(response.body);
      return failed("redirect", `status ${response.status}`);
    }
    const body = await readCapped(response.body, Math.min(limits.maxBytes ?? ceilingBytes, ceilingBytes), deadline.signal);
    if (body === "too_large") return failed("too_large", "over the cap");
    return { ok: true, status: response.status, body, latencyMs: latencyMs() };
  } catch (error) {
    if (deadline.signal.aborted) return failed("timeout", `no complete answer in ${limits.timeoutMs} ms`);
    // The name only: a runtime's message may quote a header, and so a secret.
    return failed("network", error instanceof Error ? error.name : "fetch failed");
  } finally {
    clearTimeout(timer);
  }
}

const isRedirect = ({ status }: Response): boolean => status >= 300 && status < 400;

/** Reads until the end, the cap or the deadline, and lets go of a body that it does not read to its end. */
async function readCapped(body: Response["body"], maxBytes: number, signal: AbortSignal): Promise<Uint8Array | "too_large"> {
  if (body === null) return new Uint8Array();
  const reader = body.getReader();
  const aborted = new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(new Error("deadline")), { once: true }));
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), aborted]);
      if (done) return concatBytes(...chunks);
      size += value.byteLength;
      if (size > maxBytes) return "too_large";
      chunks.push(value);
    }
  } finally {
    letGo(reader);
  }
}

/** Not awaited: a peer that never answers must not hold us. */
function letGo(stream: Pick<ReadableStream, "cancel"> | null): void {
  void stream?.cancel().catch(() => undefined);
}
