import type { Environment, EnvironmentFault } from "../env.ts";
import { newId } from "../platform/ids.ts";
import type { Call } from "./call.ts";
import { problem } from "./problem.ts";
import { problemResponse } from "./problem-response.ts";
import { asProblem } from "./as-problem.ts";
import { refuseLargeBody } from "./read-body.ts";
import { setSecurityHeaders } from "./security-headers.ts";
import { logTrace, serverTiming, startTrace } from "./trace.ts";

type App = { fetch(request: Request, call: Omit<Call, "params">): Response | Promise<Response> };

/** The outermost layer: whatever happens inside, the answer has a request id, the security headers and one log line. */
export async function answerRequest(
  app: App,
  request: Request,
  parsed: { ok: true; env: Environment } | EnvironmentFault,
  waitUntil: (work: Promise<unknown>) => void,
): Promise<Response> {
  const trace = startTrace(request, newId("request"));
  const headers: Record<string, string> = {};
  let response: Response;
  try {
    if (!parsed.ok)
      throw problem("not_configured", "settings", {
        errors: parsed.missing.map((path) => ({ path, message: "This setting is missing or malformed." })),
      });
    refuseLargeBody(request);
    response = await app.fetch(request, { env: parsed.env, request, trace, headers, waitUntil });
  } catch (thrown) {
    const failure = asProblem(thrown);
    trace.code = failure.code;
    trace.blocker = failure.blocker;
    response = problemResponse(failure, {
      requestId: trace.requestId,
      origin: parsed.ok ? parsed.env.publicOrigin : new URL(request.url).origin,
      asPage: trace.forPeople,
    });
  }
  for (const [name, value] of Object.entries(headers)) response.headers.set(name, value);
  response.headers.set("X-Request-Id", trace.requestId);
  response.headers.set("Server-Timing", serverTiming(trace));
  setSecurityHeaders(response.headers);
  logTrace(trace, response.status);
  return response;
}
