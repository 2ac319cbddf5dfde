import { problem } from "../../http/problem.ts";
import type { Refused, Verdict } from "./member.ts";

const forbidden = new Set<Refused>(["owners_only", "own_role"]);

/** Throws what the rules refuse: 403 for what is not this person's to do, 409 for what nobody can do now. */
export function requireAllowed(verdict: Verdict): void {
  if (verdict.ok) return;
  throw problem(forbidden.has(verdict.reason) ? "forbidden" : "state_conflict", `members: ${verdict.reason}`);
}
