import { createServer } from "node:http";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { auditEvents } from "../../db/schema/audit-events.ts";
import { sha256Digest } from "../../crypto/digest.ts";
import { newId } from "../../platform/ids.ts";
import { build, rawStatement, toStatement } from "../admin/act.ts";
import { openApi, openApiAs } from "../api-client.ts";
import type { RealPostgres } from "../real-postgres.ts";
import { runBatch } from "../sql-batch.ts";
import { seedOwner, type Issuer } from "./measure-people.ts";
import type { Workerd } from "./processes.ts";
import { takeTurns } from "./race.ts";
import type { Tenant } from "./seed.ts";
import { median } from "./statistics.ts";
import { serveOnLoopback, type LoopbackServer } from "../serve-on-loopback.ts";

/** Medians of one call over one connection, in turns, in milliseconds. */
export type Invocations = { readonly direct: number; readonly simulated: number; readonly executed: number };

const turns = 100;
const Made = z.object({ id: z.string() });
const order = { note: "measured" };

/** What using a grant adds to calling the same local upstream directly: decided and receipted alone, and sent too. */
export async function measureInvocations(
  workerd: Workerd,
  postgres: RealPostgres,
  { issuer, url }: { readonly issuer: Issuer; readonly url: string },
  tenant: Tenant,
): Promise<Invocations> {
  const upstream = await startUpstream();
  const { api: origin } = workerd.origins;
  await seedOwner(postgres, tenant);
  const operator = openApiAs(origin, { authorization: `Bearer ${await issuer.sign(url, tenant)}` });
  const api = openApi(origin, tenant.apiKey);
  const { key } = await api.call("POST", "/v1/keys", z.object({ key: z.string() }), {
    name: "agent",
    scopes: ["grants:invoke"],
    agentId: tenant.agentId,
  });
  const definition = { kind: "http", method: "POST", urlTemplate: `${upstream.url}/orders`, argumentsSchema: { type: "object" } };
  const { id: capabilityId } = await api.call("POST", "/v1/capabilities", Made, {
    name: "Orders",
    description: "Takes orders.",
    definition,
  });
  const rules = [{ id: "all", effect: "allow", when: "true" }];
  const { id: policyId } = await api.call("POST", "/v1/policies", Made, { capabilityId, name: "All", terms: { rules } });
  await operator.call("POST", `/v1/policies/${policyId}/activate`, z.unknown(), { version: 1 });
  const grant = { agentId: tenant.agentId, capabilityId, policyId, ratePerMinute: 6_000 };
  const { id: grantId } = await operator.call("POST", "/v1/grants", Made, grant);
  const invoke = (expected: string) => async (): Promise<void> => {
    const response = await post(`${origin}/v1/grants/${grantId}/invoke`, { arguments: order }, { authorization: `Bearer ${key}` });
    const { status } = z.object({ status: z.string() }).parse(response);
    if (status !== expected) throw new Error(`an invocation is ${status}, not ${expected}`);
  };
  const direct = async (): Promise<void> => void (await post(`${upstream.url}/orders`, order, {}));
  try {
    const [simulated] = await medians([invoke("simulated"), direct]);
    await promote(postgres, tenant, grantId);
    const [executed, called] = await medians([invoke("executed"), direct]);
    return { direct: called ?? NaN, simulated: simulated ?? NaN, executed: executed ?? NaN };
  } finally {
    upstream.close();
  }
}

async function medians(asked: readonly (() => Promise<void>)[]): Promise<number[]> {
  const durations = asked.map((): number[] => []);
  for (const ask of asked) for (let warm = 0; warm < 20; warm += 1) await ask();
  await takeTurns([...asked.keys()], turns, async (index) => {
    const startedAt = performance.now();
    await asked[index]?.();
    durations[index]?.push(performance.now() - startedAt);
  });
  return durations.map(median);
}

async function post(url: string, body: object, headers: Record<string, string>): Promise<unknown> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} was answered with ${response.status}: ${text}`);
  return JSON.parse(text);
}

async function startUpstream(): Promise<LoopbackServer> {
  const server = createServer((request, response) => {
    request.resume().once("end", () => response.writeHead(200, { "content-type": "application/json" }).end('{"ok":true}'));
  });
  return serveOnLoopback(server);
}

/** Puts the grant in production for what its invocations rested on; what a promotion asks for besides is not measured here. */
async function promote({ owner }: RealPostgres, { orgId }: Tenant, grantId: string): Promise<void> {
  const event = {
    orgId,
    id: newId("auditEvent"),
    action: "grant.promoted",
    resource: grantId,
    change: await sha256Digest(grantId),
  } as const;
  await runBatch(owner.pool, {
    role: "armalo_app",
    statements: [
      rawStatement(sql`select app.enter(${orgId}, 'bench:seed', ${newId("request")})`),
      toStatement(build.insert(auditEvents).values(event)),
      rawStatement(sql`
        update grants set promoted_at = now(), promoted_basis = '{}', revision = revision + 1,
          promoted_for = (select basis from invocations where org_id = ${orgId} and grant_id = ${grantId} limit 1)
         where org_id = ${orgId} and id = ${grantId}`),
    ],
  });
}
