import { markCode, page } from "./page.ts";
import { problems, type Problem } from "./problem.ts";

type Asked = { readonly requestId: string; readonly origin: string; readonly asPage: boolean };

/** A failure as RFC 9457 problem details, or as a page: the closed list's public text, never the blocker. */
export function problemResponse(failure: Problem, { requestId, origin, asPage }: Asked): Response {
  const [status, title, detail] = problems[failure.code];
  if (asPage) {
    const [heading, text] = failure.code === "unauthenticated" ? signedOut : ([title, detail] as const);
    const shown = page(heading, `<p>${markCode(text)}</p><p>Request <code>${requestId}</code></p>`);
    const headers = { ...retry(status), ...failure.headers, ...shown.headers, "Content-Type": "text/html; charset=utf-8" };
    return new Response(shown.content, { status, headers });
  }
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

/** What a person is told in place of what a program would be. */
const signedOut = [
  "You are not signed in",
  "Your session has ended, or there is none. Whoever runs this installation gives out sign-in links.",
] as const;

const retry = (status: number): Record<string, string> =>
  status === 503 ? { "Retry-After": "2" } : status === 401 ? { "WWW-Authenticate": 'Bearer realm="armalo"' } : {};
