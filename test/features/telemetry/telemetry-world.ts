import { ownerSees } from "../../support/harness.ts";
import { newInvoking, type Invoking } from "../../support/invocations.ts";

export const minutesFromNow = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString();

type Agent = Pick<Invoking, "asAgent"> & { readonly toolName: string };
export type World = Invoking & Agent;

const scopes = ["grants:invoke", "grants:read", "receipts:read", "telemetry:write", "telemetry:read"];

/** A grant in simulation, and what its agent's client knows the tool by. */
export async function newWorld(make: typeof newInvoking = newInvoking): Promise<World> {
  const invoking = await make({ scopes });
  return { ...invoking, toolName: (await invoking.asAgent("GET", `/v1/grants/${invoking.grantId}`)).body.toolName };
}

let names = 0;
export const newName = (): string => `e-${(names += 1)}`;
export const start = (given: object = {}) => ({ type: "session_start", id: newName(), sessionId: "s1", at: minutesFromNow(0), ...given });
export const toolCall = ({ toolName }: Pick<World, "toolName">, given: object = {}) => ({
  ...start(),
  type: "tool_call",
  tool: toolName,
  mode: "simulation",
  ...given,
});
export const record = ({ asAgent }: Agent, ...events: readonly object[]) => asAgent("POST", "/v1/telemetry/events", { events });
export const list = async ({ org }: Pick<World, "org">, query = "") => (await org.call("GET", `/v1/telemetry/events${query}`)).body.items;
export const matchesOf = async (world: Pick<World, "org">): Promise<string[]> =>
  (await list(world, "?type=tool_call&limit=100"))
    .toSorted((one: { eventId: string }, other: { eventId: string }) => Number(one.eventId.slice(2)) - Number(other.eventId.slice(2)))
    .map(({ call }: { call: { match: string } }) => call.match);
export const unreceipted = async ({ org }: Pick<World, "org">) =>
  (await org.call("GET", "/v1/exceptions?kind=unreceipted_tool_call")).body.items;
/** As if everything that was told until now had come so long ago. */
export const age = ({ org }: Pick<World, "org">, minutes: number) =>
  ownerSees(
    `do $$ begin alter table telemetry_events disable trigger user;
       update telemetry_events set received_at = received_at - interval '${minutes} minutes' where org_id = '${org.orgId}';
       alter table telemetry_events enable trigger user; end $$`,
  );
