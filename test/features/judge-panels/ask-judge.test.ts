import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { askJudge, judgeLimits, type AskedJudge, type Bench } from "../../../src/features/judge-panels/ask-judge.ts";
import { callsUpTo, pollJury } from "../../../src/features/judge-panels/jury.ts";
import { watchVainCalls } from "../../../src/features/judge-panels/vain-calls.ts";
import { newNameCache } from "../../../src/platform/egress.ts";

const key = "sk-5ecret";
const judge: AskedJudge = { name: "j", baseUrl: "http://127.0.0.1:4000/v1/", model: "m", openKey: () => Promise.resolve(key) };
const question = { rubric: "It says yes.", question: "?", answer: "yes", toolCalls: "" };
const env = {
  egress: "local",
  publicOrigin: "http://127.0.0.1:8787",
  databaseUrl: "postgres://armalo_app:secret@127.0.0.1:5433/armalo",
  dohUrl: "https://dns.example/dns-query",
} as const;
const benchOf = (over: Partial<Bench> = {}): Bench => ({
  env,
  names: newNameCache(),
  takeTurn: () => Promise.resolve(),
  takeCall: () => true,
  vainCalls: watchVainCalls(() => Promise.resolve(true)),
  nowMs: () => Date.now(),
  ...over,
});
const inAnHour = () => Date.now() + 3_600_000;

type Answer = (url: string, init: RequestInit) => Promise<Response>;
const stub = (answer: Answer) => {
  const fetched = vi.fn<Answer>(answer);
  vi.stubGlobal("fetch", (url: URL, init: RequestInit) => fetched(url.href, init));
  return fetched;
};
const saying = (content: unknown, model: unknown = "m-1") => Response.json({ model, choices: [{ message: { content } }] });
let lines: unknown[] = [];
const logged = () => lines.join("\n");

beforeEach(() => {
  lines = [];
  vi.spyOn(console, "log").mockImplementation((...args) => void lines.push(...args));
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe("askJudge", () => {
  it("posts one question to the judge's chat completions, with its key", async () => {
    const fetched = stub(() => Promise.resolve(saying("pass")));
    const vote = await askJudge(benchOf(), judge, question, inAnHour());
    expect(vote).toMatchObject({ judge: "j", model: "m", servedModel: "m-1", outcome: "voted", vote: "pass", calls: 1 });
    const [url, init] = fetched.mock.calls[0] ?? [];
    expect(url).toBe("http://127.0.0.1:4000/v1/chat/completions");
    expect(init).toMatchObject({ method: "POST", redirect: "manual", headers: { authorization: `Bearer ${key}` } });
    expect(JSON.stringify(init?.body)).not.toContain(key);
  });

  it("sends no credential where the judge has no key, and asks nothing where its key does not open", async () => {
    const fetched = stub(() => Promise.resolve(saying("pass")));
    await askJudge(benchOf(), { ...judge, openKey: () => Promise.resolve(null) }, question, inAnHour());
    expect(fetched.mock.calls[0]?.[1].headers).not.toHaveProperty("authorization");
    const shut = { ...judge, openKey: () => Promise.reject(new Error(`${key} does not open`)) };
    const vote = await askJudge(benchOf(), shut, question, inAnHour());
    expect(vote).toMatchObject({ outcome: "key_unreadable", vote: null, calls: 0 });
    expect(fetched).toHaveBeenCalledTimes(1);
    expect(logged()).not.toContain(key);
  });

  it.each([
    ["no completion", { pass: true }],
    ["no choice", { choices: [] }],
    ["content that is no text", { choices: [{ message: { content: { vote: "pass" } } }] }],
    ["no content", { choices: [{ message: {} }] }],
    ["a list", ["pass"]],
  ])("takes %s for no vote", async (_name, body) => {
    stub(() => Promise.resolve(Response.json(body)));
    expect(await askJudge(benchOf(), judge, question, inAnHour())).toMatchObject({ outcome: "malformed_reply", vote: null, calls: 1 });
  });

  it("keeps what an endpoint calls its model only where it looks like a name", async () => {
    for (const [model, kept] of [
      ["gpt-4.1:2026/x", "gpt-4.1:2026/x"],
      ["<b>me</b>", null],
      [7, null],
      ["x".repeat(101), null],
    ] as const) {
      stub(() => Promise.resolve(saying("fail", model)));
      expect(await askJudge(benchOf(), judge, question, inAnHour())).toMatchObject({ servedModel: kept, vote: "fail" });
    }
  });

  it.each([
    ["a page for people", () => new Response("<html>"), 1],
    ["a refusal", () => new Response("", { status: 405 }), 1],
    ["a fault", () => new Response("", { status: 503 }), judgeLimits.calls],
  ])("gives up a host that answers with %s and never with a completion, whatever its judges are called", async (_name, answer, calls) => {
    const fetched = stub(() => Promise.resolve(answer()));
    const bench = benchOf();
    const outcomes: string[] = [];
    for (let asked = 0; asked < 30; asked += 1)
      outcomes.push((await askJudge(bench, { ...judge, name: `j${asked % 3}` }, question, inAnHour())).outcome);
    expect(fetched).toHaveBeenCalledTimes(20);
    expect(outcomes.indexOf("host_given_up")).toBe(20 / calls);
    expect(await askJudge(bench, { ...judge, baseUrl: "http://127.0.0.1:4001" }, question, inAnHour())).toMatchObject({ calls });
  });

  it("does not give up a host whose completions come between its failures, nor for failures that are ours", async () => {
    let turn = 0;
    const fetched = stub(() => Promise.resolve((turn += 1) % 20 === 0 ? saying("pass") : new Response("", { status: 404 })));
    const bench = benchOf();
    for (let asked = 0; asked < 60; asked += 1) await askJudge(bench, judge, question, inAnHour());
    expect(fetched).toHaveBeenCalledTimes(60);
    const refused = { ...judge, baseUrl: "https://10.0.0.1" };
    for (let asked = 0; asked < 30; asked += 1)
      expect(await askJudge(bench, refused, question, inAnHour())).toMatchObject({ outcome: "refused_url" });
  });

  it("gives up a host at once where the organization has called it in vain too often, in whatever runs", async () => {
    const fetched = stub(() => Promise.resolve(new Response("", { status: 404 })));
    const bench = benchOf({ vainCalls: watchVainCalls((host) => Promise.resolve(host !== "127.0.0.1:4000")) });
    for (let asked = 0; asked < 5; asked += 1) await askJudge(bench, judge, question, inAnHour());
    expect(fetched).toHaveBeenCalledTimes(1);
  });

  it("keeps no model name in which an endpoint sends the key back", async () => {
    stub(() => Promise.resolve(saying("pass", `echo/${key}`)));
    const vote = await askJudge(benchOf(), judge, question, inAnHour());
    expect(vote).toMatchObject({ servedModel: null, vote: "pass" });
    expect(JSON.stringify(vote)).not.toContain(key);
  });

  it("does not ask again because of what was said, nor what was refused", async () => {
    for (const answer of [
      saying("maybe"),
      saying("cannot_tell"),
      new Response("no", { status: 401 }),
      new Response("{", { status: 200 }),
    ]) {
      const fetched = stub(() => Promise.resolve(answer.clone()));
      expect((await askJudge(benchOf(), judge, question, inAnHour())).vote).toBeNull();
      expect(fetched).toHaveBeenCalledTimes(1);
    }
  });

  it("asks at most twice an endpoint that is limited, broken or out of reach, and shows nothing of what was thrown", async () => {
    const faults: [string, Answer][] = [
      ["http_429", () => Promise.resolve(new Response("", { status: 429 }))],
      ["http_502", () => Promise.resolve(new Response("", { status: 502 }))],
      ["network", () => Promise.reject(new TypeError(`bad header: Bearer ${key}`))],
    ];
    for (const [outcome, answer] of faults) {
      const fetched = stub(answer);
      const vote = await askJudge(benchOf(), judge, question, inAnHour());
      expect(vote).toMatchObject({ outcome, vote: null, calls: judgeLimits.calls });
      expect(fetched).toHaveBeenCalledTimes(judgeLimits.calls);
      expect(JSON.stringify(vote) + logged()).not.toContain(key);
    }
  });

  it("gives up on one that is silent, once its time or that of the case is over", async () => {
    vi.useFakeTimers();
    const silent: Answer = (_url, { signal }) =>
      new Promise((_, reject) => signal?.addEventListener("abort", () => reject(new Error("aborted"))));
    const fetched = stub(silent);
    const elapsed = async (leftMs: number) => {
      const startedMs = Date.now();
      const asked = askJudge(benchOf(), judge, question, startedMs + leftMs).then((vote) => ({ vote, tookMs: Date.now() - startedMs }));
      await vi.advanceTimersByTimeAsync(2 * judgeLimits.timeoutMs);
      return await asked;
    };
    expect(await elapsed(3_600_000)).toMatchObject({ vote: { outcome: "timeout", vote: null, calls: 1 }, tookMs: judgeLimits.timeoutMs });
    expect(await elapsed(5000)).toMatchObject({ vote: { outcome: "timeout", calls: 1 }, tookMs: 5000 });
    expect(await elapsed(0)).toMatchObject({ vote: { outcome: "no_time_left", calls: 0 }, tookMs: 0 });
    expect(fetched).toHaveBeenCalledTimes(2);
  });

  it("never calls more often than the run may, repeated calls included", async () => {
    const fetched = stub(() => Promise.resolve(new Response("", { status: 500 })));
    const bench = benchOf({ takeCall: callsUpTo(3) });
    const judges = ["a", "b", "c"].map((name) => ({ ...judge, name }));
    const jury = { panelDigest: `sha256:${"0".repeat(64)}`, calibrationId: null, judges, bench };
    const { votes, value } = await pollJury(jury, question, inAnHour());
    expect(fetched).toHaveBeenCalledTimes(3);
    expect(votes.map(({ outcome, calls }) => [outcome, calls])).toEqual([
      ["http_500", 2],
      ["http_500", 1],
      ["no_calls_left", 0],
    ]);
    expect(value).toBeNull();
  });

  it("asks one judge after the other: a run's agent never waits for one of our connections", async () => {
    let open = 0;
    let most = 0;
    stub(async () => {
      open += 1;
      most = Math.max(most, open);
      await new Promise((resolve) => setTimeout(resolve, 5));
      open -= 1;
      return saying("pass");
    });
    const jury = { panelDigest: "", calibrationId: null, judges: [judge, judge, judge], bench: benchOf() };
    expect((await pollJury(jury, question, inAnHour())).value).toBe(1);
    expect(most).toBe(1);
  });
});
