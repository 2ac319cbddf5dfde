import { createHash } from "node:crypto";
import { apiKeyPattern } from "../../access/api-key.ts";
import { medianLatencies, type Question } from "./latency.ts";
import type { Run } from "./load.ts";
import type { Workerd } from "./processes.ts";
import { race, ratioOf, runner, together } from "./race.ts";
import type { Tenant } from "./seed.ts";

const headersOf = ({ apiKey }: Tenant) => ({ authorization: `Bearer ${apiKey}` });

export type Throughput = { readonly bare: Run; readonly baseline: Run; readonly api: Run; readonly ratio: number };

/** Our authenticated read of one agent, beside the least that any such service pays. Many organizations, so that no plan's limit is met. */
export async function measureReads(workerd: Workerd, tenants: readonly Tenant[]): Promise<Throughput> {
  const bare = runner(workerd.origins.baseline, [{ path: "/bare" }]);
  const baseline = runner(
    workerd.origins.baseline,
    tenants.map(({ orgId, agentId }) => ({ path: `/organizations/${orgId}/agents/${agentId}` })),
  );
  const api = runner(
    workerd.origins.api,
    tenants.map((tenant) => ({ path: `/v1/agents/${tenant.agentId}`, headers: headersOf(tenant) })),
  );
  await race(workerd, [bare, baseline, api], { connections: 32, rounds: 25, seconds: 0.5 });
  return { bare: together(bare), baseline: together(baseline), api: together(api), ratio: ratioOf(api, baseline) };
}

export type Growth = { readonly name: string; readonly smallMs: number; readonly largeMs: number };

/** Latency of reading one agent and a page of them, in an organization with few agents and in one with many. */
export async function measureGrowth(workerd: Workerd, small: Tenant, large: Tenant): Promise<Growth[]> {
  const ask = (tenant: Tenant, path: string): Question => ({ url: `${workerd.origins.api}${path}`, headers: headersOf(tenant) });
  const paths: Record<string, (tenant: Tenant) => string> = {
    "read one agent": ({ agentId }) => `/v1/agents/${agentId}`,
    "list 25 agents": () => "/v1/agents",
  };
  const growths: Growth[] = [];
  for (const [name, pathOf] of Object.entries(paths)) {
    const [smallMs = NaN, largeMs = NaN] = await medianLatencies([ask(small, pathOf(small)), ask(large, pathOf(large))], 1000);
    growths.push({ name, smallMs, largeMs });
  }
  return growths;
}

export type Creates = { readonly writers: number; readonly ofOne: Run; readonly ofMany: Run };

/** Audited creates with so many writers at once: of one organization, whose log they queue for, and of many. */
export async function measureCreates(workerd: Workerd, ones: readonly Tenant[], many: readonly Tenant[]): Promise<Creates[]> {
  const post = (tenant: Tenant) => ({
    method: "POST",
    path: "/v1/agents",
    headers: { ...headersOf(tenant), "content-type": "application/json" },
    body: JSON.stringify({ externalId: "[<id>]", name: "Bench" }),
  });
  const creates: Creates[] = [];
  for (const [index, writers] of [1, 8, 32].entries()) {
    const ofOne = runner(workerd.origins.api, ones.slice(index, index + 1).map(post));
    const ofMany = runner(workerd.origins.api, many.map(post));
    await race(workerd, [ofOne, ofMany], { connections: writers, rounds: 4, seconds: 1 });
    creates.push({ writers, ofOne: together(ofOne), ofMany: together(ofMany) });
  }
  return creates;
}

export type Gates = { readonly trivial: Run; readonly gate: Run; readonly ratio: number };

/** Checks a second of the gate, and of an object that only answers; the same small Worker asks both, and nothing else. */
export async function measureGates(workerd: Workerd, tenants: readonly Tenant[]): Promise<Gates> {
  const query = ({ orgId, keyId, apiKey }: Tenant) => new URLSearchParams({ org: orgId, key: keyId, hash: secretHash(apiKey) }).toString();
  const trivial = runner(
    workerd.origins.probe,
    tenants.map((tenant) => ({ path: `/trivial?${query(tenant)}` })),
  );
  const gate = runner(
    workerd.origins.probe,
    tenants.map((tenant) => ({ path: `/gate?${query(tenant)}` })),
  );
  await race(workerd, [trivial, gate], { connections: 32, rounds: 31, seconds: 0.3 });
  return { trivial: together(trivial), gate: together(gate), ratio: ratioOf(gate, trivial) };
}

const secretHash = (apiKey: string): string =>
  createHash("sha256")
    .update(apiKeyPattern.exec(apiKey)?.[5] ?? "")
    .digest("hex");
