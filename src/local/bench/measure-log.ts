import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { parseCheckpoint } from "../../audit/transparency/checkpoint.ts";
import { parseNote } from "../../audit/transparency/signed-note.ts";
import { medianLatencies, type Question } from "./latency.ts";
import type { Growth } from "./measure.ts";
import type { Workerd } from "./processes.ts";
import type { Tenant } from "./seed.ts";
import { median } from "./statistics.ts";

const eventId = (seq: number): string => `aud_${String(seq).padStart(22, "0")}`;
const headersOf = ({ apiKey }: Tenant) => ({ authorization: `Bearer ${apiKey}` });
/** The first events are those of making the organization, its key and its agent. */
const seededFrom = 4;
const patienceMs = 300_000;

/** Fills an organization's log up to `count` events, as the tables' owner and past every wall: one by one would take hours. */
export async function seedEvents(owner: pg.Pool, { orgId }: Tenant, count: number): Promise<void> {
  await owner.query(`
    begin;
    alter table audit_events disable trigger user, no force row level security;
    insert into audit_events (org_id, seq, id, actor, request_id, action, resource, change, at)
    select '${orgId}', seq, 'aud_' || lpad(seq::text, 22, '0'), 'bench:seed', 'req_' || seq, 'agent.created', 'agt_' || seq,
           'sha256:' || encode(sha256(seq::text::bytea), 'hex'), date_trunc('milliseconds', now())
      from generate_series((select seq + 1 from audit_heads where org_id = '${orgId}'), ${count}) seq;
    update audit_heads set seq = ${count} where org_id = '${orgId}';
    alter table audit_events enable trigger user, force row level security;
    commit`);
}

async function logSize(workerd: Workerd, tenant: Tenant): Promise<number> {
  const response = await fetch(`${workerd.origins.api}/v1/log`, { headers: headersOf(tenant) });
  if (!response.ok) return 0;
  const answer: { size: number } = JSON.parse(await response.text());
  return answer.size;
}

/** Events a second that the log takes up from the database, with the tree, its signature and its publication. */
export async function measureIntegration(workerd: Workerd, tenant: Tenant, count: number): Promise<number> {
  const startedAt = performance.now();
  while ((await logSize(workerd, tenant)) < count) {
    if (performance.now() - startedAt > patienceMs) throw new Error(`the log did not take up ${count} events`);
    await sleep(100);
  }
  return (count * 1000) / (performance.now() - startedAt);
}

/** Latency of proofs in a log with few leaves and in one with many; each request asks for another one. */
export async function measureProofs(
  workerd: Workerd,
  small: Tenant,
  large: Tenant,
  counts: { small: number; large: number },
): Promise<Growth[]> {
  const some = (count: number): number => seededFrom + Math.floor(Math.random() * (count - seededFrom));
  const questions: Record<string, (tenant: Tenant, count: number) => Question> = {
    "inclusion proof": (tenant, count) => ({
      url: () => `${workerd.origins.api}/v1/audit-events/${eventId(some(count))}/inclusion-proof`,
      headers: headersOf(tenant),
    }),
    "consistency proof": ({ orgId }, count) => ({
      url: () => `${workerd.origins.api}/v1/logs/${orgId}/consistency-proof?from=${some(count)}`,
      headers: {},
    }),
  };
  const growths: Growth[] = [];
  for (const [name, ask] of Object.entries(questions)) {
    const [smallMs = NaN, largeMs = NaN] = await medianLatencies([ask(small, counts.small), ask(large, counts.large)], 1000);
    growths.push({ name, smallMs, largeMs });
  }
  return growths;
}

export type Delays = { readonly medianMs: number; readonly worstMs: number; readonly onDemandMs: number };

/** How long after a change its checkpoint is public, with nobody asking for it; and how long where somebody does. */
export async function measureDelays(workerd: Workerd, tenants: readonly Tenant[]): Promise<Delays> {
  const delays = await Promise.all(tenants.map((tenant) => delayOf(workerd, tenant)));
  const onDemand: number[] = [];
  for (const tenant of tenants) {
    const { id } = await change(workerd, tenant);
    const startedAt = performance.now();
    const response = await fetch(`${workerd.origins.api}/v1/audit-events/${id}/inclusion-proof`, { headers: headersOf(tenant) });
    if (!response.ok) throw new Error(`a proof on demand: ${response.status}`);
    await response.text();
    onDemand.push(performance.now() - startedAt);
  }
  return { medianMs: median(delays), worstMs: Math.max(...delays), onDemandMs: median(onDemand) };
}

/** One audited change; answers with its event. */
async function change({ origins }: Workerd, tenant: Tenant): Promise<{ id: string; seq: number }> {
  const made = await fetch(`${origins.api}/v1/agents`, {
    method: "POST",
    headers: { ...headersOf(tenant), "content-type": "application/json" },
    body: JSON.stringify({ externalId: crypto.randomUUID(), name: "Bench" }),
  });
  if (!made.ok) throw new Error(`a change to log: ${made.status}`);
  const events = await fetch(`${origins.api}/v1/audit-events?limit=1`, { headers: headersOf(tenant) });
  const { items }: { items: { id: string; seq: number }[] } = JSON.parse(await events.text());
  const [event] = items;
  if (event === undefined) throw new Error("a change without an event");
  return event;
}

async function delayOf(workerd: Workerd, tenant: Tenant): Promise<number> {
  const startedAt = performance.now();
  const { seq } = await change(workerd, tenant);
  while ((await publishedSize(workerd, tenant)) < seq) {
    if (performance.now() - startedAt > patienceMs) throw new Error("a change was never logged");
    await sleep(50);
  }
  return performance.now() - startedAt;
}

async function publishedSize({ origins }: Workerd, { orgId }: Tenant): Promise<number> {
  const response = await fetch(`${origins.api}/log/${orgId}/checkpoint`);
  const note = response.ok ? parseNote(await response.text()) : undefined;
  return parseCheckpoint(note?.text ?? "")?.size ?? 0;
}
