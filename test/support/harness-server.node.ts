import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import { z } from "zod";
import { importTagKey } from "../../src/access/api-key.ts";
import { planNames } from "../../src/access/plans.ts";
import { roles } from "../../src/access/roles.ts";
import { scopes, type Scope } from "../../src/access/scopes.ts";
import { openSigner } from "../../src/crypto/signer.ts";
import { parseKeyRing } from "../../src/crypto/sealed-box.ts";
import type { RunAsAdmin } from "../../src/local/admin/act.ts";
import { addMember } from "../../src/local/admin/add-member.ts";
import { createKey } from "../../src/local/admin/create-key.ts";
import { introduceKeys } from "../../src/local/admin/introduce-keys.ts";
import { createOrganization } from "../../src/local/admin/create-organization.ts";
import { linkProvider } from "../../src/local/admin/link-provider.ts";
import { makeSignInLink } from "../../src/local/admin/make-sign-in-link.ts";
import { offerPanel, withdrawPanel } from "../../src/local/admin/offer-panel.ts";
import { linkOwner } from "../../src/local/admin/link-owner.ts";
import { setPlan } from "../../src/local/admin/set-plan.ts";
import { setClaimPolicy } from "../../src/local/admin/set-claim-policy.ts";
import { providers } from "../../src/providers/provider.ts";
import { providerSettings } from "./provider-settings.ts";
import { startTestWhop, type TestWhop } from "./test-whop.node.ts";
import { addActiveMember } from "./people-door.node.ts";
import { startTestChain, type TestChain } from "./test-chain.node.ts";
import { newSecrets, newSigningKey, type Secrets } from "../../src/local/secrets.ts";
import { runBatch } from "../../src/local/sql-batch.ts";
import { startSqlServer } from "../../src/local/sql-server.ts";
import { openTestDatabase } from "./harness-database.node.ts";
import { startClerkStandIn } from "./clerk-stand-in.node.ts";
import { startA2aAgent } from "./a2a-agent.node.ts";
import { startTestAgents } from "./test-agents.node.ts";
import { startTestUpstreams } from "./test-upstreams.node.ts";
import { startWebhookReceiver } from "./webhook-receiver.node.ts";
import { startTestIdentity } from "./test-identity.node.ts";
import { watchTransactions, type Watch } from "./watch-transactions.node.ts";

const NewOrganization = z.object({
  plan: z.enum(planNames),
  environment: z.enum(["live", "test"]),
  scopes: z.array(z.custom<Scope>((name) => scopes.some((scope) => scope === name))).min(1),
});
const Fault = z.object({
  orgId: z.string(),
  mode: z.enum(["down", "after_commit", "none"]),
  times: z.int().positive(),
  skip: z.int().min(0).default(0),
});
const NewPolicy = z.object({ orgId: z.string(), policy: z.unknown() });
const OwnerLink = z.object({ orgId: z.string(), sameAs: z.string().nullable() });
const NewPlan = z.object({ orgId: z.string(), plan: z.enum(planNames) });
const NewLink = z.object({ orgId: z.string(), provider: z.enum(providers), externalId: z.string() });
const NewMember = z.object({ orgId: z.string(), email: z.string(), name: z.string().nullable(), role: z.enum(roles) });
const Link = z.object({ orgId: z.string(), email: z.string() });
const PanelOffer = z.object({ panelId: z.string(), withdraw: z.boolean() });
const Rows = z.object({ query: z.string(), params: z.array(z.unknown()) });

const publicOrigin = "https://api.armalo.test";
const withoutRowSecurity = `do $$ declare t regclass; begin
  for t in select oid from pg_class where relnamespace = 'public'::regnamespace and relrowsecurity
  loop execute format('alter table %s disable row level security', t); end loop;
end $$`;

export type Harness = {
  /** Bindings that the Worker under test gets beside those of wrangler.toml. */
  readonly bindings: Secrets &
    typeof providerSettings &
    TestWhop["bindings"] & {
      DATABASE_URL: string;
      DATABASE_ENDPOINT: string;
      PUBLIC_ORIGIN: string;
      EGRESS: string;
      DEPLOYMENT: string;
      SIGN_IN: string;
      HARNESS_URL: string;
      AGENTS_URL: string;
      IDENTITY_URL: string;
      A2A_URL: string;
      UPSTREAM_URL: string;
      CLERK_STAND_IN_URL: string;
      RECEIVER_URL: string;
      DOH_URL: string;
      ROOT_FINGERPRINT: string;
      X402_FACILITATOR_URL: string;
      X402_NETWORKS: string;
    };
  readonly close: () => Promise<void>;
};

/** A database, its `/sql` door, and a control door for the tests: organizations, round trips, faults, and the owner's eyes. */
export async function startHarness({ rowSecurity }: { rowSecurity: boolean }): Promise<Harness> {
  const database = await openTestDatabase();
  if (!rowSecurity) await database.pool.query(withoutRowSecurity);
  const watch = watchTransactions();
  const passwords = { armalo_app: randomBytes(24).toString("base64url") };
  const sqlServer = await startSqlServer({ pool: database.pool, passwords, observer: watch.observer });
  const secrets = newSecrets();
  const run: RunAsAdmin = (statements) => runBatch(database.pool, { role: "armalo_admin", statements });
  const root = await openSigner(newSigningKey());
  await introduceKeys(run, { root, issuer: publicOrigin, now: new Date() }, secrets);
  const paid = await startTestChain();
  const control = createServer((request, response) => {
    void serve(request, {
      run,
      paid,
      watch,
      secrets,
      query: (query, params) => database.pool.query(query, params).then(({ rows }) => rows),
    })
      .catch((error: unknown) => ({ error: String(error) }))
      .then((answer) => response.setHeader("content-type", "application/json").end(JSON.stringify(answer)));
  });
  await new Promise<void>((resolve) => control.listen(0, "127.0.0.1", resolve));
  const address = z.object({ port: z.int() }).parse(control.address());
  const agents = await startTestAgents();
  const identity = await startTestIdentity();
  const a2a = await startA2aAgent();
  const upstreams = await startTestUpstreams();
  const whop = await startTestWhop("whop_api_key_of_tests");
  const receiver = await startWebhookReceiver();
  const clerk = await startClerkStandIn();
  return {
    bindings: {
      ...secrets,
      DATABASE_URL: sqlServer.connectionString("armalo_app"),
      DATABASE_ENDPOINT: sqlServer.endpoint,
      PUBLIC_ORIGIN: publicOrigin,
      EGRESS: "local",
      DEPLOYMENT: "local",
      SIGN_IN: "local",
      HARNESS_URL: `http://127.0.0.1:${address.port}`,
      AGENTS_URL: agents.url,
      IDENTITY_URL: identity.url,
      A2A_URL: a2a.url,
      UPSTREAM_URL: upstreams.url,
      RECEIVER_URL: receiver.url,
      DOH_URL: `${receiver.url}/dns-query`,
      CLERK_STAND_IN_URL: clerk.url,
      ROOT_FINGERPRINT: root.kid,
      ...paid.bindings,
      ...providerSettings,
      ...whop.bindings,
    },
    close: async () => {
      control.closeAllConnections();
      control.close();
      agents.close();
      identity.close();
      a2a.close();
      upstreams.close();
      whop.close();
      receiver.close();
      clerk.close();
      await paid.close();
      await sqlServer.close();
      await database.close();
    },
  };
}

type Parts = {
  readonly run: RunAsAdmin;
  readonly paid: TestChain;
  readonly watch: Watch;
  readonly secrets: Secrets;
  readonly query: (query: string, params: unknown[]) => Promise<unknown[]>;
};

async function serve(request: IncomingMessage, { run, paid, watch, secrets, query }: Parts): Promise<unknown> {
  const url = new URL(request.url ?? "/", "http://harness");
  const body: unknown = request.method === "POST" ? JSON.parse(Buffer.concat(await request.toArray()).toString("utf8")) : undefined;
  switch (url.pathname) {
    case "/organizations": {
      const { plan, environment, scopes: granted } = NewOrganization.parse(body);
      const ring = parseKeyRing(secrets.ENCRYPTION_KEYS);
      if (ring === undefined) throw new Error("the harness made a bad key ring");
      const orgId = await createOrganization(run, ring, { name: "Test", plan, environment });
      const tagKey = await importTagKey(new Uint8Array(Buffer.from(secrets.API_KEY_TAG_SECRET, "base64")));
      const { key, id } = await createKey(run, tagKey, { orgId, name: "first", scopes: granted });
      return { orgId, apiKey: key, keyId: id };
    }
    case "/claim-policy": {
      const { orgId, policy } = NewPolicy.parse(body);
      return setClaimPolicy(run, orgId, policy);
    }
    case "/plans": {
      const { orgId, plan } = NewPlan.parse(body);
      return { plan: await setPlan(run, orgId, plan) };
    }
    case "/owner-links": {
      const { orgId, sameAs } = OwnerLink.parse(body);
      return { group: await linkOwner(run, orgId, sameAs) };
    }
    case "/provider-links":
      return { linked: await linkProvider(run, NewLink.parse(body)) };
    case "/added-members":
      return { id: await addMember(run, NewMember.parse(body)) };
    case "/sign-in-links": {
      const tagKey = await importTagKey(new Uint8Array(Buffer.from(secrets.API_KEY_TAG_SECRET, "base64")));
      return makeSignInLink(run, tagKey, Link.parse(body));
    }
    case "/members":
      return addActiveMember(run, body);
    case "/trips":
      return { trips: watch.trips(url.searchParams.get("request")) };
    case "/faults": {
      const { orgId, mode, times, skip } = Fault.parse(body);
      watch.fail(orgId, mode, times, skip);
      return {};
    }
    case "/rows": {
      const { query: text, params } = Rows.parse(body);
      return { rows: await query(text, params) };
    }
    case "/panel-offers": {
      const { panelId, withdraw } = PanelOffer.parse(body);
      return withdraw ? withdrawPanel(run, panelId) : offerPanel(run, panelId);
    }
    case "/chain":
      return paid.answer(body);
    default:
      throw new Error(`the harness has no ${url.pathname}`);
  }
}
