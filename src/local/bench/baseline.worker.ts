import { DurableObject } from "cloudflare:workers";
import { and, eq, sql } from "drizzle-orm";
import { Hono } from "hono";
import { databaseClient } from "../../db/client.ts";
import { agents } from "../../db/schema/agents.ts";

/** The least that a Durable Object can be asked. */
export class Trivial extends DurableObject {
  check(): true {
    return true;
  }
}

type Bindings = {
  readonly TRIVIAL: DurableObjectNamespace<Trivial>;
  readonly DATABASE_URL: string;
  readonly DATABASE_ENDPOINT: string;
  readonly PUBLIC_ORIGIN: string;
};

const app = new Hono<{ Bindings: Bindings }>();

app.get("/bare", (context) => context.json({ ok: true }));

/** What the trust oracle has kept, and nothing else: the same look-up, of the same answer. */
app.get("/trust/:agentId", async ({ env, req, notFound }) => {
  const kept = await caches.default.match(`${env.PUBLIC_ORIGIN}/v1/trust/${req.param("agentId")}`);
  return kept ?? notFound();
});

/** What any such service would pay: one object, one batch. No credential, no limit, no validation, no log. */
app.get("/organizations/:orgId/agents/:agentId", async ({ env, req, json }) => {
  const { orgId, agentId } = req.param();
  await env.TRIVIAL.get(env.TRIVIAL.idFromName(orgId)).check();
  const { reader } = databaseClient({ databaseUrl: env.DATABASE_URL, databaseEndpoint: env.DATABASE_ENDPOINT });
  const [, [agent]] = await reader.batch([
    reader.execute(sql`select app.enter(${orgId}, 'bench', 'bench')`),
    reader
      .select()
      .from(agents)
      .where(and(eq(agents.orgId, orgId), eq(agents.id, agentId))),
  ]);
  return json(agent);
});

export default app;
