import { expect } from "vitest";
import { easyCases, type RunWorld } from "../features/evals/run-world.ts";

/** The echo breaks it with each answer, which opens a critical violation: that is seen of a score at once. */
export const mute = { id: "mute", type: "output", operator: "excludes", value: "question", severity: "critical" };
export const pactCases = (count: number) => easyCases(count, { expectations: [{ kind: "pact" }] });

export async function pactOf({ call, agentId }: RunWorld, conditions: readonly object[]): Promise<string> {
  const { body } = await call("POST", "/v1/pacts", { agentId, name: "Promise", conditions });
  const active = await call("POST", `/v1/pacts/${body.id}/activate`);
  expect(active.status, active.text).toBe(200);
  return body.id;
}
