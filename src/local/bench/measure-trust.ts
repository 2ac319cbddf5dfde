import { z } from "zod";
import type { Run } from "./load.ts";
import type { Workerd } from "./processes.ts";
import { race, ratioOf, runner, together } from "./race.ts";
import type { Tenant } from "./seed.ts";

/** One way of asking: what it came to, and the round trips to the database that a single such request makes. */
type Asked = { readonly run: Run; readonly roundTrips: number };
export type Trust = { readonly bare: Run; readonly kept: Asked; readonly computed: Asked; readonly ratio: number };

const Made = z.object({ id: z.string() });

/** A public agent of each organization, made through the API. */
async function publish(workerd: Workerd, tenants: readonly Tenant[]): Promise<string[]> {
  const ids: string[] = [];
  for (const { apiKey } of tenants) {
    const response = await fetch(`${workerd.origins.api}/v1/agents`, {
      method: "POST",
      headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
      body: JSON.stringify({ externalId: "public", name: "Public", isPublic: true }),
    });
    ids.push(Made.parse(await response.json()).id);
  }
  return ids;
}

/**
 * The trust oracle from a cache that keeps, beside a bare route with the same look-up; and from one that is always empty. Both Workers have
 * the same database, so that what differs is the cache alone. Few agents: each is computed anew every 30 seconds, which is not what is measured.
 */
export async function measureTrust(keeping: Workerd, forgetting: Workerd, tenants: readonly Tenant[]): Promise<Trust> {
  const ids = await publish(keeping, tenants);
  const oracle = ids.map((id) => ({ path: `/v1/trust/${id}` }));
  const bare = runner(
    keeping.origins.baseline,
    ids.map((id) => ({ path: `/trust/${id}` })),
  );
  const kept = runner(keeping.origins.api, oracle);
  const computed = runner(forgetting.origins.api, oracle);
  for (const { path } of oracle) await fetch(`${keeping.origins.api}${path}`);
  const roundTrips = { kept: await tripsOf(keeping, ids), computed: await tripsOf(forgetting, ids) };
  await race(keeping, [kept, bare], { connections: 32, rounds: 25, seconds: 0.5 });
  await race(forgetting, [computed], { connections: 32, rounds: 5, seconds: 1 });
  return {
    bare: together(bare),
    kept: { run: together(kept), roundTrips: roundTrips.kept },
    computed: { run: together(computed), roundTrips: roundTrips.computed },
    ratio: ratioOf(kept, bare),
  };
}

/** What the Worker itself says of one request, in Server-Timing. */
async function tripsOf(workerd: Workerd, [id]: readonly string[]): Promise<number> {
  const response = await fetch(`${workerd.origins.api}/v1/trust/${id}`);
  const [, trips] = /desc="(\d+) round trips"/.exec(response.headers.get("Server-Timing") ?? "") ?? [];
  if (!response.ok || trips === undefined) throw new Error(`the trust oracle answered ${response.status}`);
  return Number(trips);
}
