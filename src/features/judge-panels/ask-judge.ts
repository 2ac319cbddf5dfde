import { z } from "zod";
import { canonicalJson } from "../../crypto/canonical-json.ts";
import type { PanelJudge } from "../../db/schema/judge-panels.ts";
import { describeFault } from "../../platform/describe-fault.ts";
import { parseJson } from "../../http/read-body.ts";
import { egressFetch, failureIsOurs, type EgressEnvironment, type EgressResult, type NameCache } from "../../platform/egress.ts";
import { log } from "../../platform/logger.ts";
import { hasReplied, type JudgeVote } from "./jury-finding.ts";
import type { VainCalls } from "./vain-calls.ts";
import { newMark, readWord, voteRequest, type Question } from "./prompt.ts";

export const judgeLimits = { timeoutMs: 30_000, maxBytes: 65_536, calls: 2 } as const;

/** A judge that can be asked. Its key is opened for one vote and held nowhere. */
export type AskedJudge = PanelJudge & { readonly openKey: () => Promise<string | null> };

/** What the votes of one run or calibration share. */
export type Bench = {
  readonly env: EgressEnvironment;
  readonly names: NameCache;
  /** Waits until one more call may be made. */
  readonly takeTurn: () => Promise<void>;
  /** Takes one call from what is left; false where nothing is. */
  readonly takeCall: () => boolean;
  readonly vainCalls: VainCalls;
  readonly nowMs: () => number;
};

type Reply = { readonly outcome: string; readonly vote: JudgeVote["vote"]; readonly servedModel: string | null };
const noVote = (outcome: string): Reply => ({ outcome, vote: null, servedModel: null });

const Completion = z.object({
  model: z.string().optional().catch(undefined),
  choices: z.array(z.object({ message: z.object({ content: z.string() }) })).min(1),
});
/** What an endpoint calls its model is its own text: kept only where it looks like a name. */
const modelName = /^[\w.:@/-]{1,100}$/;

/**
 * Asks one judge once, and once more where its endpoint was out of reach, limited or broken; never because of what it said. Whatever goes
 * wrong is told as the outcome of its vote. `deadlineMs` is on the clock of the bench.
 */
export async function askJudge(bench: Bench, judge: AskedJudge, question: Question, deadlineMs: number): Promise<JudgeVote> {
  const { name, model } = judge;
  const cast = ({ outcome, vote, servedModel }: Reply, calls: number, latencyMs: number | null): JudgeVote => ({
    judge: name,
    model,
    servedModel,
    outcome,
    vote,
    calls,
    latencyMs,
  });
  const key = await openKey(judge);
  if (key === undefined) return cast(noVote("key_unreadable"), 0, null);
  const headers = {
    "content-type": "application/json",
    accept: "application/json",
    ...(key === null ? {} : { authorization: `Bearer ${key}` }),
  };
  const body = canonicalJson(voteRequest(model, newMark(question), question));
  const { host } = new URL(judge.baseUrl);
  let last = { reply: noVote("not_asked"), latencyMs: null as number | null };
  for (let calls = 0; calls < judgeLimits.calls; calls += 1) {
    if (!bench.vainCalls.mayCall(host)) return cast(calls === 0 ? noVote("host_given_up") : last.reply, calls, last.latencyMs);
    await bench.takeTurn();
    const leftMs = deadlineMs - bench.nowMs();
    if (leftMs <= 0) return cast(calls === 0 ? noVote("no_time_left") : last.reply, calls, last.latencyMs);
    if (!bench.takeCall()) return cast(calls === 0 ? noVote("no_calls_left") : last.reply, calls, last.latencyMs);
    const limits = { timeoutMs: Math.min(judgeLimits.timeoutMs, leftMs), maxBytes: judgeLimits.maxBytes };
    const result = await egressFetch(bench.env, { url: voteUrl(judge), method: "POST", headers, body }, limits, bench.names);
    last = { reply: withoutKey(readReply(result), key), latencyMs: result.latencyMs };
    if (result.ok || !failureIsOurs(result.reason)) await bench.vainCalls.note(host, hasReplied(last.reply));
    if (!worthAskingAgain(result)) return cast(last.reply, calls + 1, last.latencyMs);
  }
  return cast(last.reply, judgeLimits.calls, last.latencyMs);
}

export const voteUrl = ({ baseUrl }: Pick<PanelJudge, "baseUrl">): string => `${baseUrl.replace(/\/+$/, "")}/chat/completions`;

/** Undefined where a key does not open: altered, or sealed with keys that are gone. */
async function openKey(judge: AskedJudge): Promise<string | null | undefined> {
  try {
    return await judge.openKey();
  } catch (thrown) {
    log("error", "judge_key_not_opened", { fault: describeFault(thrown) });
    return undefined;
  }
}

function worthAskingAgain(result: EgressResult): boolean {
  if (!result.ok) return result.reason === "network" || result.reason === "dns_unreachable";
  return result.status === 429 || result.status >= 500;
}

function readReply(result: EgressResult): Reply {
  if (!result.ok) return noVote(result.reason);
  if (result.status < 200 || result.status > 299) return noVote(`http_${result.status}`);
  const parsed = Completion.safeParse(readJson(result.body));
  if (!parsed.success) return noVote("malformed_reply");
  const { choices, model = "" } = parsed.data;
  const servedModel = modelName.test(model) ? model : null;
  const word = readWord(choices[0]?.message.content ?? "");
  if (word === undefined) return { outcome: "off_menu", vote: null, servedModel };
  if (word === "cannot_tell") return { outcome: word, vote: null, servedModel };
  return { outcome: "voted", vote: word, servedModel };
}

/** An endpoint may call its model what it was sent: a key does not come back into what is stored and shown. */
const withoutKey = (reply: Reply, key: string | null): Reply =>
  key !== null && reply.servedModel?.includes(key) === true ? { ...reply, servedModel: null } : reply;

function readJson(body: Uint8Array): unknown {
  try {
    return parseJson(Uint8Array.from(body));
  } catch {
    return undefined;
  }
}
