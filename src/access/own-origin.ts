import { problem } from "../http/problem.ts";

/** A browser says where a form or a script comes from; whoever does not say it, or is from elsewhere, changes nothing here (CSRF). */
export function requireOrigin(request: Pick<Request, "headers">, allowed: readonly string[]): void {
  const origin = request.headers.get("Origin");
  if (origin === null || !allowed.includes(origin)) throw problem("origin_refused", origin === null ? "no Origin" : "another Origin");
}
