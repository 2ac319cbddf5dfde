import { SealedBoxFault } from "../crypto/sealed-box.ts";
import { Problem, problem } from "./problem.ts";

/** What was thrown, as a problem. Of what we did not expect, only the name and the place are kept: a message may hold data. */
export function asProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  if (thrown instanceof SealedBoxFault) return problem("unavailable", thrown.message);
  if (!(thrown instanceof Error)) return problem("internal", `a thrown ${typeof thrown}`);
  const frames = (thrown.stack ?? "").split("\n").filter((line) => /^\s*at /.test(line));
  const code = "code" in thrown && typeof thrown.code === "string" ? ` ${thrown.code}` : "";
  return problem("internal", `${thrown.name}${code} ${frames.slice(0, 3).join(" ").replaceAll(/\s+/g, " ")}`);
}

/** What the log may say of a fault that nobody is answered with. */
export const describeFault = (thrown: unknown): string => asProblem(thrown).blocker;
