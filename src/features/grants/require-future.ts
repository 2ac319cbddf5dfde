import { problem } from "../../http/problem.ts";

/** When a grant ends: later than now, or never. What shall end now is revoked. */
export function requireFuture(expiresAt: string | null, now: Date): Date | null {
  if (expiresAt === null) return null;
  const end = new Date(expiresAt);
  if (end <= now)
    throw problem("invalid_request", "expiry in the past", { errors: [{ path: "body.expiresAt", message: "Must be in the future." }] });
  return end;
}
