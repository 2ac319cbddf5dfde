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

  describe("of an A2A agent that takes its time", () => {
    const a2a = { ...target, protocol: "a2a" } as const;
    const taskIs = (state: string, said = "Done.") => ({
      jsonrpc: "2.0",
      id: "ask",
      result: { task: { id: "t", status: { state: `TASK_STATE_${state}` }, artifacts: [{ parts: [{ text: said }] }] } },
    });
    /** Asks one that answers with each of these in turn, the last one ever after; `turnMs` is what our pace costs. */
    async function askOneThatSays(says: readonly (object | "drop")[], { turnMs = 0, limitMs = 30_000 } = {}) {
      const methods: string[] = [];
      vi.stubGlobal("fetch", async (_: unknown, { body }: { body: string }) => {
        methods.push(JSON.parse(body).method);
        const said = says[methods.length - 1] ?? says.at(-1);
        await sleep(10);
        if (said === "drop") throw new TypeError("dropped");
        return Response.json(said);
      });
      const startedMs = Date.now();
      const slow = { ...asking, takeTurn: () => sleep(turnMs) };
      const asked = askAgent(slow, a2a, { ...suiteCase, timeoutMs: limitMs }).then((reply) => ({ reply, tookMs: Date.now() - startedMs }));
      await vi.advanceTimersByTimeAsync(2 * longestCaseMs);
      return { ...(await asked), methods };
    }

    it("asks after its task until it is done, and counts our pauses but not our own pace as its time", async () => {
      const { reply, methods } = await askOneThatSays([taskIs("SUBMITTED"), taskIs("WORKING"), taskIs("COMPLETED")], { turnMs: 5000 });
      expect(methods).toEqual(["SendMessage", "GetTask", "GetTask"]);
      expect(reply).toMatchObject({ ok: true, answer: { text: "Done." }, attempts: [{ outcome: "pending" }, { outcome: "pending" }, {}] });
      expect(reply.latencyMs).toBeGreaterThanOrEqual(250 + 500);
      expect(reply.latencyMs).toBeLessThan(1000);
    });

    it.each([1000, 5000, 60_000])("calls it silent where it is not done in %i ms", async (limitMs) => {
      const { reply, tookMs, methods } = await askOneThatSays([taskIs("WORKING")], { limitMs });
      expect(reply).toMatchObject({ ok: false, attribution: "agent", reason: "timeout" });
      expect(reply.latencyMs).toBeGreaterThanOrEqual(limitMs);
      expect(tookMs).toBeLessThanOrEqual(limitMs + 100);
      expect(methods.length).toBeLessThanOrEqual(21);
    });

    it("sees it done a second before its time is up", async () => {
      vi.useFakeTimers();
      const startedMs = Date.now();
      vi.stubGlobal("fetch", () => Promise.resolve(Response.json(taskIs(Date.now() - startedMs < 28_900 ? "WORKING" : "COMPLETED"))));
      const asked = askAgent({ ...asking, takeTurn: () => Promise.resolve() }, a2a, { ...suiteCase, timeoutMs: 30_000 });
      await vi.advanceTimersByTimeAsync(40_000);
      expect(await asked).toMatchObject({ ok: true });
    });

    it("is done, however long it waits for turns, before its step ends", async () => {
      const { reply, tookMs } = await askOneThatSays(["drop", taskIs("WORKING")], { turnMs: longestTurnMs - 1, limitMs: timeoutMs });
      expect(reply).toMatchObject({ ok: false, attribution: "agent", reason: "timeout" });
      expect(tookMs).toBeLessThanOrEqual(longestAskMs);
      expect(longestAskMs).toBeLessThan(longestCaseMs / 2);
    });

    it("loses no task to one weak moment of ours, and does not wait for ever where they go on", async () => {
      const once = await askOneThatSays([taskIs("WORKING"), "drop", taskIs("COMPLETED")]);
      expect(once.methods).toEqual(["SendMessage", "GetTask", "GetTask"]);
      expect(once.reply).toMatchObject({ ok: true });
      const ever = await askOneThatSays([taskIs("WORKING"), "drop"]);
      expect(ever.methods).toEqual(["SendMessage", "GetTask", "GetTask"]);
      expect(ever.reply).toMatchObject({ ok: false, attribution: "agent", reason: "network" });
    });

    it("takes an error of the task look-up for the agent's", async () => {
      const gone = { jsonrpc: "2.0", id: "ask", error: { code: -32_001, message: "Task not found" } };
      expect((await askOneThatSays([taskIs("WORKING"), gone])).reply).toMatchObject({ attribution: "agent", reason: "rpc_error_-32001" });
    });
  });

  it("takes what we refuse to call for our own fault, whichever protocol it is", async () => {
    vi.useRealTimers();
    for (const protocol of ["json", "openai", "a2a", "a2a-0.3"] as const) {
      const refused = await askAgent(
        { ...asking, takeTurn: () => Promise.resolve() },
        { ...target, protocol, url: "http://10.0.0.1/" },
        suiteCase,
      );
      expect(refused).toMatchObject({ ok: false, attribution: "platform", reason: "refused_url" });
    }
  });
});
