import type { z } from "zod";
import { describe, expect, it } from "vitest";
import type { Case, Run } from "../../../src/features/evals/schemas.ts";
import { describeRun } from "../../../src/local/score/describe-run.ts";

const run: z.output<typeof Run> = {
  id: "evl_1",
  agentId: "agt_1",
  agentVersionNumber: 1,
  agentVersionDigest: "sha256:v",
  pactId: null,
  pactDigest: null,
  judgePanelId: null,
  judgePanelVersion: null,
  judgePanelDigest: null,
  calibrationId: null,
  jury: null,
  suiteId: "sui_1",
  suiteDigest: "sha256:s",
  suiteAuthor: "org_1",
  mode: "production",
  concurrency: 2,
  floor: 0.6,
  requestedBy: "key:key_1",
  status: "completed",
  recordedCases: 2,
  counts: { total: 2, passed: 1, failed: 1, silent: 1, errored: 0, unscored: 0, notApplicable: 0, notRun: 0 },
  passRate: 0.5,
  availability: 1,
  lower95: 0.12,
  verdict: "fail",
  reasonCodes: ["pass_rate_below_floor"],
  createdAt: "2026-11-21T12:00:00.000Z",
  startedAt: "2026-11-21T12:00:00.000Z",
  finishedAt: "2026-11-21T12:00:01.000Z",
};
const check = { selfReported: false, required: false, weight: 1, condition: null };
const silent: z.output<typeof Case> = {
  index: 1,
  caseId: "hard-one",
  status: "error",
  attribution: "agent",
  checks: [
    {
      ...check,
      place: "answered",
      kind: "answered",
      dimension: "reliability",
      status: "fail",
      value: 0,
      attribution: "agent",
      reason: "timeout",
    },
    { ...check, place: "0", kind: "pii", dimension: "safety", status: "error", value: null, attribution: "agent", reason: "timeout" },
  ],
  attempts: [],
  inputDigest: "sha256:i",
  outputDigest: null,
  latencyMs: 1000,
  at: "2026-11-21T12:00:01.000Z",
};

describe("describeRun", () => {
  it("shows pass rate and availability side by side, and every case that did not pass with its reasons", () => {
    const shown = describeRun(run, [{ ...silent, index: 0, caseId: "easy-one", status: "pass", checks: [] }, silent]);
    expect(shown).toContain("fail, because of: pass rate below floor");
    expect(shown).toContain("50.0 %: 1 passed, 1 failed, of which 1 were left without an answer");
    expect(shown).toContain("100.0 %: 0 errors");
    expect(shown).toContain("hard-one   error, attributed to the agent   (answered: timeout; pii: timeout)");
    expect(shown).not.toContain("easy-one");
  });

  it("calls what was never scored not known, instead of zero", () => {
    const shown = describeRun({ ...run, passRate: null, lower95: null, verdict: "inconclusive", reasonCodes: ["agent_outage"] }, [silent]);
    expect(shown).toContain("pass rate      not known");
  });
});
