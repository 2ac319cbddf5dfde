import { concatBytes } from "../crypto/encoding.ts";

export type ExchangeRequest = {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};
/**
 * `timeoutMs` covers the whole exchange. `maxBytes` can only lower the ceiling of 256 KiB. With `body: "ignore"` the exchange ends with
 * the answer's status: the connection is let go, however much the peer has yet to say; with `enough`, which is
 * told each piece as it comes, as soon as what has come suffices.
 */
export type ExchangeLimits = {
  readonly timeoutMs: number;
  readonly maxBytes?: number;
  readonly body?: "ignore";
  readonly enough?: (piece: Uint8Array) => boolean;
};
export type ExchangeFailure = "timeout" | "too_large" | "redirect" | "network";
/** The answer is complete, whatever its status; a redirect is a failure. */
export type ExchangeResult =
  | { readonly ok: true; readonly status: number; readonly headers: Headers; readonly body: Uint8Array; readonly latencyMs: number }
  | {
      readonly ok: false;
      readonly reason: ExchangeFailure;
      readonly detail: string;
      readonly latencyMs: number;
      /** Of a redirect. */
      readonly status?: number;
    };

const ceilingBytes = 262_144;
const userAgent = "armalo";

/** One HTTP exchange under a deadline and a cap. Who may be called is decided by the two that call this: egress.ts and service-call.ts. */
export async function exchange(url: URL, request: ExchangeRequest, limits: ExchangeLimits): Promise<ExchangeResult> {
  const startedMs = performance.now();
  const latencyMs = (): number => Math.max(0, Math.round(performance.now() - startedMs));
  const failed = (reason: ExchangeFailure, detail: string): ExchangeResult => ({ ok: false, reason, detail, latencyMs: latencyMs() });
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
      return { ...failed("redirect", `status ${response.status}`), status: response.status };
    }
    const body = await takeBody(response.body, limits, deadline.signal);
    if (body === "too_large") return failed("too_large", "over the cap");
    return { ok: true, status: response.status, headers: response.headers, body, latencyMs: latencyMs() };
  } catch (error) {
    if (deadline.signal.aborted) return failed("timeout", `no complete answer in ${limits.timeoutMs} ms`);
    // The name only: a runtime's message may quote a header, and so a secret.
    return failed("network", error instanceof Error ? error.name : "fetch failed");
  } finally {
    clearTimeout(timer);
  }
}

const isRedirect = ({ status }: Response): boolean => status >= 300 && status < 400;

async function takeBody(body: Response["body"], limits: ExchangeLimits, signal: AbortSignal): Promise<Uint8Array | "too_large"> {
  if (limits.body === undefined) return await readCapped(body, limits, signal);
  letGo(body);
  return new Uint8Array();
}

/** Reads until the end, enough, the cap or the deadline, and lets go of a body that it does not read to its end. */
async function readCapped(body: Response["body"], limits: ExchangeLimits, signal: AbortSignal): Promise<Uint8Array | "too_large"> {
  if (body === null) return new Uint8Array();
  const maxBytes = Math.min(limits.maxBytes ?? ceilingBytes, ceilingBytes);
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
      if (limits.enough?.(value) === true) return concatBytes(...chunks);
    }
  } finally {
    letGo(reader);
  }
}

/** Not awaited: a peer that never answers must not hold us. */
function letGo(stream: Pick<ReadableStream, "cancel"> | null): void {
  void stream?.cancel().catch(() => undefined);
}
