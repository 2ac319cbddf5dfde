import { canonicalJson, type JsonValue } from "../../crypto/canonical-json.ts";
import { sha256Digest, type Digest } from "../../crypto/digest.ts";
import type { EndpointProtocol } from "../../db/schema/agents.ts";
import { tryJson } from "../../expressions/read-json.ts";
import { egressFetch, failureIsOurs, type EgressEnvironment, type EgressResult, type NameCache } from "../../platform/egress.ts";
import { lookupTimeoutMs } from "../../platform/resolve-name.ts";
import type { AgentAnswer } from "./checks/judgement.ts";
import { longestTurnMs } from "../../platform/pace-calls.ts";
import { sleep } from "./persist.ts";
import { a2aProtocol, formerA2aProtocol } from "./protocols/a2a.ts";
import { jsonProtocol } from "./protocols/json.ts";
import { openaiProtocol } from "./protocols/openai.ts";
import type { AskedAgent, Protocol, ReadAnswer } from "./protocols/protocol.ts";
import type { Attempt } from "./result.ts";
import { suiteLimits, type SuiteCase } from "./suite.ts";

const protocols = {
  json: jsonProtocol,
  openai: openaiProtocol,
  a2a: a2aProtocol,
  "a2a-0.3": formerA2aProtocol,
} satisfies Record<EndpointProtocol, Protocol>;

/** Where an agent is asked. The headers are opened for one call and held nowhere. */
export type AgentTarget = Omit<AskedAgent, "questionId"> & {
  readonly url: string;
  readonly protocol: EndpointProtocol;
  readonly openHeaders: () => Promise<Readonly<Record<string, string>>>;
};

export type Reading =
  | { readonly ok: true; readonly answer: AgentAnswer }
  | { readonly ok: false; readonly attribution: "agent" | "platform"; readonly reason: string };
/** `latencyMs` is what the agent took, in calls and in our pauses between them; what our own pace cost is not in it. */
export type Reply = Reading & { readonly attempts: readonly Attempt[]; readonly latencyMs: number; readonly outputDigest: Digest | null };

type Pending = Extract<ReadAnswer, { reason: "pending" }>;
const isPending = (reading: Reading | Pending): reading is Pending => !reading.ok && reading.reason === "pending" && "next" in reading;

/**
 * Reads what came back from an agent. Whatever it sends that is no well-formed 2xx answer in time is its own fault, a dropped
 * connection too: were it not, an agent could drop those that carry hard questions. Only what we refused or could not look up is ours.
 */
function readResult(protocol: Protocol, result: EgressResult): Reading | Pending {
  if (!result.ok) return { ok: false, attribution: failureIsOurs(result.reason) ? "platform" : "agent", reason: result.reason };
  const malformed = (reason: string): Reading => ({ ok: false, attribution: "agent", reason });
  if (result.status < 200 || result.status > 299) return malformed(`http_${result.status}`);
  const body = tryJson(result.body);
  if (body === undefined) return malformed("not_json");
  const read = protocol.read(body);
  return read.ok || "next" in read ? read : malformed(read.reason);
}

/** Faults that a weak moment of ours can cause; asking once more tells. Every attempt is kept. */
const worthAskingAgain = new Set(["network", "dns_unreachable"]);
const maxAttempts = 2;
/**
 * The longest that asking takes, whatever the agent does: for each attempt a turn, a look-up and the call. One that is still at it when
 * waiting for our turns has taken as long as a turn can is asked no more, which is at most one turn later.
 */
export const longestAskMs = maxAttempts * (longestTurnMs + lookupTimeoutMs + suiteLimits.caseTimeoutMs) + 2 * longestTurnMs;

/** How long we let an agent be before we ask after its work: twice as long each time, and never so long that we miss its end by much. */
const firstPauseMs = 250;
const longestPauseMs = 4_000;
/** What is left of a case's time for the last look at the agent's work. */
const lastLookMs = 1_000;

/** What the calls of one run share. `takeTurn` waits until the plan allows one more call of the host. */
export type Asking = { readonly env: EgressEnvironment; readonly names: NameCache; readonly takeTurn: () => Promise<void> };

export async function askAgent(asking: Asking, target: AgentTarget, suiteCase: SuiteCase): Promise<Reply> {
  const protocol: Protocol = protocols[target.protocol];
  const question = protocol.ask(suiteCase, { ...target, questionId: crypto.randomUUID() });
  const own = { ...protocol.headers, "content-type": "application/json", accept: "application/json" };
  const headers = { ...(await target.openHeaders()), ...own };
  const attempts: Attempt[] = [];
  const call = async (body: JsonValue, timeoutMs: number): Promise<Called> => {
    const request = { url: target.url, method: "POST", headers, body: canonicalJson(body) } as const;
    const result = await egressFetch(asking.env, request, { timeoutMs }, asking.names);
    const reading = readResult(protocol, result);
    attempts.push(attemptOf(result, reading));
    return { result, reading };
  };
  for (;;) {
    await asking.takeTurn();
    const asked = await call(question, suiteCase.timeoutMs);
    const { result, reading, latencyMs } = await askAfter(asking, asked, call, suiteCase.timeoutMs);
    if (!mayAskAgain(reading, attempts)) return { ...reading, attempts, latencyMs, outputDigest: await digestOf(result) };
  }
}

type Called = { readonly result: EgressResult; readonly reading: Reading | Pending };

const attemptOf = (result: EgressResult, reading: Reading | Pending): Attempt => ({
  outcome: reading.ok ? "answered" : reading.reason,
  httpStatus: result.ok ? result.status : null,
  latencyMs: result.latencyMs,
  attribution: reading.ok || isPending(reading) ? null : reading.attribution,
});

/** A question that failed on its way is asked again; of one that the agent took on, only its work is asked after. */
const mayAskAgain = (reading: Reading, attempts: readonly Attempt[]): boolean =>
  !reading.ok && worthAskingAgain.has(reading.reason) && attempts.length < maxAttempts;

/** Asks after work that the agent has not ended, until it has or its time is up: then it was silent. */
async function askAfter(
  { takeTurn }: Asking,
  asked: Called,
  call: (body: JsonValue, timeoutMs: number) => Promise<Called>,
  timeoutMs: number,
): Promise<{ readonly result: EgressResult; readonly reading: Reading; readonly latencyMs: number }> {
  let { result, reading } = asked;
  let { latencyMs } = result;
  let waitedMs = 0;
  let weakMoments = 0;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    if (!isPending(reading)) return { result, reading, latencyMs };
    const { next } = reading;
    const leftMs = timeoutMs - latencyMs - lastLookMs;
    if (leftMs <= 0 || waitedMs >= longestTurnMs)
      return { result, reading: { ok: false, attribution: "agent", reason: "timeout" }, latencyMs: Math.max(latencyMs, timeoutMs) };
    const restMs = Math.min(pauseMs, leftMs);
    await sleep(restMs);
    const startedMs = performance.now();
    await takeTurn();
    waitedMs += performance.now() - startedMs;
    ({ result, reading } = await call(next, timeoutMs - latencyMs - restMs));
    latencyMs += restMs + result.latencyMs;
    // A weak moment of ours loses no task: it is looked after once more.
    if (!reading.ok && worthAskingAgain.has(reading.reason) && (weakMoments += 1) < maxAttempts)
      reading = { ok: false, reason: "pending", next };
  }
}

const digestOf = async (result: EgressResult): Promise<Digest | null> =>
  result.ok ? await sha256Digest(Uint8Array.from(result.body)) : null;
