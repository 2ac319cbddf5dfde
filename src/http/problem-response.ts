import { problems, type Problem } from "./problem.ts";

/** A failure as RFC 9457 problem details: the closed list's public text, never the blocker. */
export function problemResponse(failure: Problem, { requestId, origin }: { requestId: string; origin: string }): Response {
  const [status, title, detail] = problems[failure.code];
  const body = {
    type: `${origin}/problems/${failure.code}`,
    title,
    status,
    detail,
    code: failure.code,
    requestId,
    ...(failure.errors.length > 0 ? { errors: failure.errors } : {}),
  };
  const headers = { ...retry(status), ...failure.headers, "Content-Type": "application/problem+json" };
  return new Response(JSON.stringify(body), { status, headers });
}

const retry = (status: number): Record<string, string> =>
  status === 503 ? { "Retry-After": "2" } : status === 401 ? { "WWW-Authenticate": 'Bearer realm="armalo"' } : {};
