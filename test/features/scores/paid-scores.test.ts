import { describe, expect, it } from "vitest";
import { newId } from "../../../src/platform/ids.ts";
import { roundTrips } from "../../support/harness.ts";
import { createOrganization } from "../../support/organization.ts";
import { newPayer, pay } from "../../support/payments.ts";
import { digestOf, makeFullRun, passes } from "./make-evidence.ts";
import { ago, finishRun, quickstart } from "./score-world.ts";

describe("a score that is paid for", () => {
  it("is what the agent's organization reads, without the runs, in one round trip", async () => {
    const org = await createOrganization();
    const agentId: string = (await org.call("POST", "/v1/agents", { externalId: "bot", name: "Bot", isPublic: true })).body.id;
    await quickstart(org, agentId, ago(1_000));
    const condition = { digest: digestOf("c0d"), pactDigest: digestOf("fac7"), conditionId: "no-cards", severity: "critical" as const };
    const runId = newId("run");
    const [entry, ...entries] = makeFullRun(passes(14)).entries;
    if (entry === undefined) throw new Error("a run without entries");
    const record = makeFullRun(passes(14), { runId, suiteDigest: digestOf(1), at: ago(0).toISOString() });
    const violated = {
      ...record,
      entries: [{ ...entry, dimension: "pactCompliance" as const, value: 0, check: "pact", condition }, ...entries],
    };
    await finishRun(org, agentId, violated, ago(0));
    const owned = (await org.call("GET", `/v1/agents/${agentId}/score`)).body;
    expect(owned.openCriticalViolations).toMatchObject([{ runId, conditionId: "no-cards" }]);
    const answer = await pay(await newPayer(), { path: `/v1/agents/${agentId}/score` });
    expect(answer.status, answer.text).toBe(200);
    expect(await roundTrips(answer.requestId)).toBe(1);
    const { runId: _, ...shown } = owned.openCriticalViolations[0];
    expect(answer.body).toEqual({ ...owned, openCriticalViolations: [shown] });
    expect(answer.text).not.toContain("evl_");
  });
});
