import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { askAgent, longestAskMs, type Asking } from "../../../src/features/evals/ask-agent.ts";
import { longestTurnMs } from "../../../src/platform/pace-calls.ts";
import { sleep } from "../../../src/features/evals/persist.ts";
import { longestCaseMs } from "../../../src/features/evals/run-liveness.ts";
import { SuiteCase, suiteLimits } from "../../../src/features/evals/suite.ts";
import { newNameCache } from "../../../src/platform/egress.ts";

const timeoutMs = suiteLimits.caseTimeoutMs;
const suiteCase = SuiteCase.parse({ id: "c", input: "Hello?", timeoutMs, expectations: [{ kind: "pii" }] });
const env = {
  egress: "local",
  publicOrigin: "http://127.0.0.1:8787",
  databaseUrl: "postgres://armalo_app:secret@127.0.0.1:5433/armalo",
  dohUrl: "https://dns.example/dns-query",
} as const;
const target = { url: "http://127.0.0.1:4000/", protocol: "json", modelFamily: null, openHeaders: () => Promise.resolve({}) } as const;
/** Each call waits for its turn as long as any can. */
const asking: Asking = { env, names: newNameCache(), takeTurn: () => sleep(longestTurnMs) };

/** Asks an agent that lets go of each connection after so long; only time is not real. */
async function askOneThatDropsAfter(ms: number) {
  vi.stubGlobal("fetch", (_: unknown, { signal }: { signal: AbortSignal }) =>
    Promise.race([
      sleep(ms).then(() => Promise.reject(new TypeError("dropped"))),
      new Promise((__, reject) => signal.addEventListener("abort", () => reject(new Error("aborted")))),
    ]),
  );
  const startedMs = Date.now();
  const asked = askAgent(asking, target, suiteCase).then((reply) => ({ reply, tookMs: Date.now() - startedMs }));
  await vi.advanceTimersByTimeAsync(2 * longestCaseMs);
  return await asked;
}

describe("askAgent", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("is done with the slowest agent, asked twice and each time after a full wait, long before its step ends", async () => {
    const { reply, tookMs } = await askOneThatDropsAfter(timeoutMs - 1);
    expect(reply.attempts.map(({ outcome }) => outcome)).toEqual(["network", "network"]);
    expect(tookMs).toBeGreaterThan(2 * (longestTurnMs + timeoutMs) - 10);
    expect(tookMs).toBeLessThanOrEqual(longestAskMs);
    expect(longestAskMs).toBeLessThan(longestCaseMs / 2);
  });

  it("does not ask an agent again that was silent for as long as the case allows", async () => {
    const { reply, tookMs } = await askOneThatDropsAfter(2 * timeoutMs);
    expect(reply).toMatchObject({ ok: false, attribution: "agent", reason: "timeout", attempts: [{ outcome: "timeout" }] });
    expect(tookMs).toBeLessThanOrEqual(longestAskMs / 2);
  });
});
