import type { JudgedCondition } from "../../../src/grants/invocation.ts";
import { digestOf } from "../scores/make-evidence.ts";

/** What a pact's condition came to on a call. */
export const condition = (kept: boolean, severity: JudgedCondition["severity"] = "major", conditionId = "payee"): JudgedCondition => ({
  ...{ digest: `sha256:${String(conditionId.length).padEnd(64, "c")}`, pactDigest: digestOf(9), conditionId, severity, kept },
});
