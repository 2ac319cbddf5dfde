import { canonicalJson } from "../../crypto/canonical-json.ts";
import { sha256Digest, type Digest } from "../../crypto/digest.ts";
import type { EndpointProtocol } from "../../db/schema/agents.ts";
import { egressFetch, failureIsOurs, type EgressEnvironment, type EgressResult, type NameCache } from "../../platform/egress.ts";
import { lookupTimeoutMs } from "../../platform/resolve-name.ts";
import type { AgentAnswer } from "./checks/judgement.ts";
import { longestTurnMs } from "../../platform/pace-calls.ts";
import { jsonProtocol } from "./protocols/json.ts";
import { openaiProtocol } from "./protocols/openai.ts";
import { tryJson } from "./protocols/parse-json.ts";
import type { AskedAgent, Protocol } from "./protocols/protocol.ts";
import type { Attempt } from "./result.ts";
import { suiteLimits, type SuiteCase } from "./suite.ts";

const protocols = { json: jsonProtocol, openai: openaiProtocol } satisfies Record<EndpointProtocol, Protocol>;

/** Where an agent is asked. The headers are opened for one call and held nowhere. */
export type AgentTarget = AskedAgent & {
  readonly url: string;
  readonly protocol: EndpointProtocol;
  readonly openHeaders: () => Promise<Readonly<Record<string, string>>>;
};

export type Reading =
  | { readonly ok: true; readonly answer: AgentAnswer }
  | { readonly ok: false; readonly attribution: "agent" | "platform"; readonly reason: string };
export type Reply = Reading & { readonly attempts: readonly Attempt[]; readonly latencyMs: number; readonly outputDigest: Digest | null };

/**
 * Reads what came back from an agent. Whatever it sends that is no well-formed 2xx answer in time is its own fault, a dropped
 * connection too: were it not, an agent could drop those that carry hard questions. Only what we refused or could not look up is ours.
 */
function readResult(protocol: Protocol, result: EgressResult): Reading {
  if (!result.ok) return { ok: false, attribution: failureIsOurs(result.reason) ? "platform" : "agent", reason: result.reason };
  const malformed = (reason: string): Reading => ({ ok: false, attribution: "agent", reason });
  if (result.status < 200 || result.status > 299) return malformed(`http_${result.status}`);
  const body = tryJson(Uint8Array.from(result.body));
  if (body === undefined) return malformed("not_json");
  const read = protocol.read(body);
  return read.ok ? read : malformed(read.reason);
}

/** Faults that a weak moment of ours can cause; asking once more tells. Every attempt is kept. */
const worthAskingAgain = new Set(["network", "dns_unreachable"]);
const maxAttempts = 2;
/** The longest that asking takes, whatever the agent does: for each attempt a turn, a look-up and the call. */
export const longestAskMs = maxAttempts * (longestTurnMs + lookupTimeoutMs + suiteLimits.caseTimeoutMs);

/** What the calls of one run share. `takeTurn` waits until the plan allows one more call of the host. */
export type Asking = { readonly env: EgressEnvironment; readonly names: NameCache; readonly takeTurn: () => Promise<void> };

export async function askAgent({ env, names, takeTurn }: Asking, target: AgentTarget, suiteCase: SuiteCase): Promise<Reply> {
  const protocol: Protocol = protocols[target.protocol];
  const body = canonicalJson(protocol.ask(suiteCase, target));
  const headers = { ...(await target.openHeaders()), "content-type": "application/json", accept: "application/json" };
  const attempts: Attempt[] = [];
  for (;;) {
    await takeTurn();
    const result = await egressFetch(env, { url: target.url, method: "POST", headers, body }, { timeoutMs: suiteCase.timeoutMs }, names);
    const reading = readResult(protocol, result);
    attempts.push({
      outcome: reading.ok ? "answered" : reading.reason,
      httpStatus: result.ok ? result.status : null,
      latencyMs: result.latencyMs,
      attribution: reading.ok ? null : reading.attribution,
    });
    if (reading.ok || !worthAskingAgain.has(reading.reason) || attempts.length >= maxAttempts) {
      return { ...reading, attempts, latencyMs: result.latencyMs, outputDigest: await digestOf(result) };
    }
  }
}

const digestOf = async (result: EgressResult): Promise<Digest | null> =>
  result.ok ? await sha256Digest(Uint8Array.from(result.body)) : null;
