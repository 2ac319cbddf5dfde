import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { parseEnvironment } from "../../../src/env.ts";
import { vainCallsOf } from "../../../src/features/judge-panels/vain-calls.ts";
import { newId } from "../../../src/platform/ids.ts";

const parsed = parseEnvironment(env);
if (!parsed.ok) throw new Error(parsed.missing.join(", "));
const environment = parsed.env;

it("vain calls of a host are counted over all runs of an organization, and of no other one", async () => {
  const [orgId, other, host] = [newId("organization"), newId("organization"), "judge.example.com"];
  for (let run = 0; run < 13; run += 1) {
    const calls = vainCallsOf(environment, orgId);
    for (let call = 0; call < 10; call += 1) await calls.note(host, false);
  }
  const callsOfNextRun = async (org: string): Promise<boolean> => {
    const calls = vainCallsOf(environment, org);
    await calls.note(host, false);
    return calls.mayCall(host);
  };
  expect([await callsOfNextRun(orgId), await callsOfNextRun(other)]).toEqual([false, true]);
});
