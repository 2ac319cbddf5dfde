import { sql } from "drizzle-orm";
import type pg from "pg";
import { importTagKey } from "../../access/api-key.ts";
import { scopes } from "../../access/scopes.ts";
import { sha256Digest } from "../../crypto/digest.ts";
import { parseKeyRing } from "../../crypto/sealed-box.ts";
import { agents } from "../../db/schema/agents.ts";
import { auditEvents } from "../../db/schema/audit-events.ts";
import { currentTime } from "../../platform/clock.ts";
import { newId } from "../../platform/ids.ts";
import { build, rawStatement, toStatement, type RunAsAdmin } from "../admin/act.ts";
import { createKey } from "../admin/create-key.ts";
import { createOrganization } from "../admin/create-organization.ts";
import type { Secrets } from "../secrets.ts";
import { runBatch } from "../sql-batch.ts";

export type Tenant = {
  readonly orgId: string;
  readonly keyId: string;
  readonly apiKey: string;
  /** One of its agents, from the middle of them. */
  readonly agentId: string;
};

/** Answers with what makes one more organization of the largest plan, with a key that may do everything and so many agents. */
export async function openSeed(pool: pg.Pool, secrets: Secrets): Promise<(agents: number) => Promise<Tenant>> {
  const run: RunAsAdmin = (statements) => runBatch(pool, { role: "armalo_admin", statements });
  const ring = parseKeyRing(secrets.ENCRYPTION_KEYS);
  if (ring === undefined) throw new Error("the bench made a bad key ring");
  const tagKey = await importTagKey(new Uint8Array(Buffer.from(secrets.API_KEY_TAG_SECRET, "base64")));
  return async (agents) => {
    const orgId = await createOrganization(run, ring, { name: "Bench", plan: "enterprise", environment: "test" });
    const { id: keyId, key: apiKey } = await createKey(run, tagKey, { orgId, name: "bench", scopes });
    return { orgId, keyId, apiKey, agentId: await seedAgents(pool, orgId, agents) };
  };
}

/** One transaction past every wall as the Worker's own role: one audit event, one agent, and its copies a second apart. */
async function seedAgents(pool: pg.Pool, orgId: string, count: number): Promise<string> {
  const now = currentTime();
  const first = newId("agent");
  const digest = await sha256Digest(first);
  const row = {
    orgId,
    id: first,
    externalId: "agent-0",
    name: "Agent",
    description: "Made for a measurement.",
    capabilities: ["search", "summaries"],
    versionNumber: 1,
    versionDigest: digest,
    isPublic: false,
    endpointHeaders: [],
    revision: 1,
    createdAt: now,
    updatedAt: now,
  };
  const event = { orgId, id: newId("auditEvent"), action: "agent.created", resource: first, change: digest } as const;
  await runBatch(pool, {
    role: "armalo_app",
    statements: [
      rawStatement(sql`select app.enter(${orgId}, 'bench:seed', ${newId("request")})`),
      toStatement(build.insert(auditEvents).values(event)),
      toStatement(build.insert(agents).values(row)),
      rawStatement(sql`
        insert into agents
        select copy.* from agents a
         cross join generate_series(1, ${count - 1}::integer) n
         cross join lateral jsonb_populate_record(a, jsonb_build_object(
           'id', ${copyIdPrefix} || lpad(n::text, 22, '0'), 'external_id', 'agent-' || n, 'created_at', a.created_at - n * interval '1 second')) copy
         where a.id = ${first}`),
    ],
  });
  return count === 1 ? first : seededAgentId(Math.floor(count / 2));
}

const copyIdPrefix = "agt_";
/** The agents of each organization but its first, from 1. */
export const seededAgentId = (number: number): string => `${copyIdPrefix}${String(number).padStart(22, "0")}`;
