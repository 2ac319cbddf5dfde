import { SealedBoxFault } from "../crypto/sealed-box.ts";
import { describeFault } from "../platform/describe-fault.ts";
import { Problem, problem } from "./problem.ts";

/** What was thrown, as a problem. */
export function asProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  return problem(thrown instanceof SealedBoxFault ? "unavailable" : "internal", describeFault(thrown));
}
