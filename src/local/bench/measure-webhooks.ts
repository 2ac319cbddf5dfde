import { z } from "zod";
import { openApi } from "../api-client.ts";
import type { RealPostgres } from "../real-postgres.ts";
import { until } from "./until.ts";
import type { ReceiverDoor, Workerd } from "./processes.ts";
import { takeTurns } from "./race.ts";
import { queueDeliveries } from "./seed-deliveries.ts";
import type { Tenant } from "./seed.ts";

export type Webhooks = {
  /** Milliseconds from a change's answer to the receiver's request; 0 where that came first. */
  readonly addedMs: readonly number[];
  /** To one endpoint, and to all of them at once. */
  readonly perSecond: { readonly one: number; readonly all: number };
  readonly crowd: { readonly endpoints: number; readonly deliveries: number; readonly answering: Delays; readonly hanging: Delays };
};
/** Milliseconds from the start to the arrival, of each delivery to an endpoint that answers. */
type Delays = { readonly delaysMs: readonly number[] };

type Hook = { readonly tenant: Tenant; readonly id: string; readonly name: string };
type Peers = { readonly workerd: Workerd; readonly receiver: ReceiverDoor; readonly postgres: RealPostgres };

const Made = z.object({ id: z.string() });
const Arrivals = z.array(z.object({ name: z.string(), id: z.string(), at: z.number() }));
type Arrival = z.output<typeof Arrivals>[number];

const endpointsOfEach = 50;
const eventsOfEach = 100;
const rounds = 1;
const longestDrainMs = 120_000;
const now = (): number => performance.timeOrigin + performance.now();

/** What is announced, queued and sent to a receiver of this machine: one endpoint by itself, then a hundred, one of which hangs every other time. */
export async function measureWebhooks(peers: Peers, one: Tenant, two: readonly Tenant[]): Promise<Webhooks> {
  const addedMs = await measureAdded(peers, one);
  const [alone] = await openHooks(peers, one, 1, []);
  if (alone === undefined) throw new Error("no endpoint was made");
  const single = await drain(peers, [alone], 1000, undefined);
  const hooks: Hook[] = [];
  for (const tenant of two) hooks.push(...(await openHooks(peers, tenant, endpointsOfEach, [])));
  const delays = { answering: new Array<number>(), hanging: new Array<number>() };
  const rates: number[] = [];
  await takeTurns(["answering", "hanging"] as const, rounds, async (side) => {
    const silent = side === "hanging" ? hooks[0] : undefined;
    const { delaysMs, perSecond } = await drain(peers, hooks, eventsOfEach, silent);
    delays[side].push(...delaysMs);
    if (side === "answering") rates.push(perSecond);
  });
  return {
    addedMs,
    perSecond: { one: single.perSecond, all: Math.max(...rates) },
    crowd: {
      endpoints: hooks.length,
      deliveries: hooks.length * eventsOfEach,
      answering: { delaysMs: delays.answering },
      hanging: { delaysMs: delays.hanging },
    },
  };
}

let named = 0;

async function openHooks({ workerd, receiver }: Peers, tenant: Tenant, count: number, eventTypes: readonly string[]): Promise<Hook[]> {
  const api = openApi(workerd.origins.api, tenant.apiKey);
  const hooks: Hook[] = [];
  while (hooks.length < count) {
    const name = `h${(named += 1)}`;
    const { id } = await api.call("POST", "/v1/webhook-endpoints", Made, { url: `${receiver.url}/hook/${name}`, eventTypes });
    hooks.push({ tenant, id, name });
  }
  return hooks;
}

const pact = {
  name: "Promise",
  conditions: [{ id: "fast", type: "latency_ms", operator: "lt", value: 1000, unit: "ms", severity: "major" }],
};
const changes = 150;

/** A pact is activated, one after the other, and the endpoint hears of it. */
async function measureAdded(peers: Peers, tenant: Tenant): Promise<number[]> {
  const api = openApi(peers.workerd.origins.api, tenant.apiKey);
  await openHooks(peers, tenant, 1, ["pact.activated"]);
  await ask(peers, "forget");
  const answeredAt: number[] = [];
  for (let count = 0; count < changes; count += 1) {
    const { id } = await api.call("POST", "/v1/pacts", Made, { agentId: tenant.agentId, ...pact });
    await api.call("POST", `/v1/pacts/${id}/activate`, Made, {});
    answeredAt.push(now());
    // The next one finds nothing under way.
    await until(async () => Number(await ask(peers, "count")) > count, 30_000);
  }
  const arrivals = await arrivalsOf(peers);
  // The first ones warm up.
  return answeredAt.map((at, index) => Math.max(0, (arrivals[index]?.at ?? NaN) - at)).slice(10);
}

/** Queues so many deliveries for each endpoint, begins, and waits until all have arrived but those of the silent one. */
async function drain(
  peers: Peers,
  hooks: readonly Hook[],
  each: number,
  silent: Hook | undefined,
): Promise<{ delaysMs: number[]; perSecond: number }> {
  const events = new Set<string>();
  for (const [tenant, ids] of byTenant(hooks)) for (const id of await queueDeliveries(peers.postgres, tenant, ids, each)) events.add(id);
  await ask(peers, `silent/${silent?.name ?? ""}`);
  await ask(peers, "forget");
  const startedAt = new Map<string, number>();
  await Promise.all(hooks.map((hook) => begin(peers, hook, startedAt)));
  const answering = new Set(hooks.filter((hook) => hook !== silent).map(({ name }) => name));
  const counts = ({ name, id }: Arrival): boolean => answering.has(name) && events.has(id);
  const due = answering.size * each;
  let arrived: Arrival[] = [];
  // To ask for all of them costs the receiver time: first how many there are, then which.
  await until(async () => Number(await ask(peers, "count")) >= due, longestDrainMs, 100);
  await until(
    async () => {
      arrived = (await arrivalsOf(peers)).filter(counts);
      return arrived.length >= due;
    },
    longestDrainMs,
    500,
  );
  const times = arrived.map(({ at }) => at);
  const elapsedMs = times.reduce((last, at) => Math.max(last, at), 0) - Math.min(...startedAt.values());
  return { delaysMs: arrived.map(({ name, at }) => at - (startedAt.get(name) ?? NaN)), perSecond: (arrived.length * 1000) / elapsedMs };
}

/** A test event tells the endpoint's object that there is something to deliver; it finds the rest with it. */
async function begin({ workerd }: Peers, { tenant, id, name }: Hook, startedAt: Map<string, number>): Promise<void> {
  startedAt.set(name, now());
  await openApi(workerd.origins.api, tenant.apiKey).call("POST", `/v1/webhook-endpoints/${id}/test`, z.unknown(), {});
}

function byTenant(hooks: readonly Hook[]): Map<Tenant, string[]> {
  const ids = new Map<Tenant, string[]>();
  for (const { tenant, id } of hooks) ids.set(tenant, [...(ids.get(tenant) ?? []), id]);
  return ids;
}

const ask = async ({ receiver }: Peers, door: string): Promise<string> => (await fetch(`${receiver.url}/${door}`)).text();
const arrivalsOf = async (peers: Peers): Promise<Arrival[]> => Arrivals.parse(JSON.parse(await ask(peers, "arrivals")));
