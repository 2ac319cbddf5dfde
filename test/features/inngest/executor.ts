import type { JsonValue } from "../../../src/crypto/canonical-json.ts";
import { newId } from "../../../src/platform/ids.ts";
import { signedHeaders } from "../../support/sign-as-provider.ts";
import { ownerSees } from "../../support/harness.ts";
import { callApi, newAddress, type Answer } from "../../support/organization.ts";

export const functionId = "armalo-start-eval-run";
export const callQuery = `?fnId=${functionId}&stepId=step`;

type Asked = { readonly query?: string; readonly body?: string; readonly headers?: Record<string, string> };
type Signed = Parameters<typeof signedHeaders>[2];

/** One request to the Worker, unsigned unless its headers say otherwise, from an address of its own. */
export const ask = (method: string, { query = "", body, headers = {} }: Asked = {}): Promise<Answer> =>
  callApi(method, `/webhooks/inngest${query}`, body, { "cf-connecting-ip": newAddress(), ...headers });

/** The same, signed as Inngest does: with the newest key and now, unless told otherwise. */
export const askSigned = async (method: string, asked: Asked = {}, signed?: Signed): Promise<Answer> =>
  ask(method, { ...asked, headers: { ...asked.headers, ...(await signedHeaders("inngest", asked.body ?? "", signed)) } });

export type Event = { readonly id?: string; readonly data: JsonValue };
/** What is known of the steps that have run, by their hashed names. */
type Steps = { readonly [hash: string]: JsonValue };

/** A call of the function, as Inngest's executor makes it. */
export const callOf = ({ id = newEventId(), data }: Event, steps: Steps = {}): string => {
  const event = { id, name: "armalo/eval.run.requested", data, ts: Date.now() };
  const stack = { stack: Object.keys(steps), current: Object.keys(steps).length };
  const ctx = {
    fn_id: "f",
    run_id: newId("request"),
    step_id: "step",
    attempt: 0,
    disable_immediate_execution: false,
    use_api: false,
    stack,
  };
  return JSON.stringify({ ctx, event, events: [event], steps, version: 1, use_api: false });
};
export const newEventId = (): string => `01J${crypto.randomUUID().replaceAll("-", "").slice(0, 23).toUpperCase()}`;

/** Delivers an event once: the answer to the call in which its step is run. */
export const deliver = (event: Event): Promise<Answer> => askSigned("POST", { query: callQuery, body: callOf(event) });

/** As `npm run admin -- link-provider` does. */
export const link = (orgId: string, external = orgId): Promise<unknown> =>
  ownerSees(`do $$ begin
    set local session_replication_role = replica;
    insert into provider_links (org_id, provider, external_id, created_at) values ('${orgId}', 'inngest', '${external}', now());
  end $$`);

export const runsOf = async (orgId: string): Promise<Record<string, unknown>[]> =>
  ownerSees("select id, status, requested_by, agent_id, suite_id, mode from eval_runs where org_id = $1", orgId);
