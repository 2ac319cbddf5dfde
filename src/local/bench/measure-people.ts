import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { currentTime } from "../../platform/clock.ts";
import { newMember, newProfile, profileCommitment } from "../../features/members/member.ts";
import { memberProfiles, members, providerLinks } from "../../db/schema/members.ts";
import { actOnOrganization, build, toStatement, type RunAsAdmin } from "../admin/act.ts";
import type { RealPostgres } from "../real-postgres.ts";
import { runBatch } from "../sql-batch.ts";
import { medianLatencies } from "./latency.ts";
import type { Run } from "./load.ts";
import type { Workerd } from "./processes.ts";
import { race, ratioOf, runner, together } from "./race.ts";
import type { Tenant } from "./seed.ts";

export type Sessions = {
  readonly key: Run;
  readonly session: Run;
  readonly ratio: number;
  /** Median of one request over one connection. */
  readonly latencyMs: { readonly key: number; readonly session: number };
  /** Round trips of one read, warm. */
  readonly roundTrips: { readonly key: number; readonly session: number };
};

/** Stands for the identity provider: it signs sessions of everybody's owner. */
export type Issuer = { readonly jwks: string; readonly sign: (issuer: string, tenant: Tenant) => Promise<string> };

const authorizedParty = "http://127.0.0.1";
const seconds = (): number => Math.floor(currentTime().getTime() / 1000);
/** The provider's names are ours with another beginning. */
const externalOf = ({ orgId }: Tenant) => ({ organization: `org_${orgId.slice(4)}`, user: `user_${orgId.slice(4)}` });

export async function openIssuer(): Promise<Issuer> {
  const { publicKey, privateKey } = await generateKeyPair("RS256", { extractable: true });
  return {
    jwks: JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: "ins_1", use: "sig", alg: "RS256" }] }),
    sign: (issuer, tenant) => {
      const { organization, user } = externalOf(tenant);
      return new SignJWT({ sid: "sess_1", azp: authorizedParty, o: { id: organization, rol: "owner" }, v: 2 })
        .setProtectedHeader({ alg: "RS256", kid: "ins_1", typ: "JWT" })
        .setIssuer(issuer)
        .setSubject(user)
        .setIssuedAt(seconds())
        .setNotBefore(seconds())
        .setExpirationTime("1h")
        .sign(privateKey);
    },
  };
}

/** What a Worker is told of the issuer; its webhooks are not measured here. */
export const issuerSettings = (issuer: string): Record<string, string> => ({
  SIGN_IN: "clerk",
  CLERK_ISSUER: issuer,
  CLERK_AUTHORIZED_PARTIES: authorizedParty,
  CLERK_SECRET_KEY: "sk_test_0123456789abcdef",
  CLERK_WEBHOOK_SECRETS: `whsec_${Buffer.alloc(24, 1).toString("base64")}`,
});

/** The same read with an API key and with a session of the identity provider's, by organizations whose owner is known. */
export async function measureSessions(
  workerd: Workerd,
  postgres: RealPostgres,
  issuer: Issuer,
  url: string,
  tenants: readonly Tenant[],
): Promise<Sessions> {
  const tokens = new Map<Tenant, string>();
  for (const tenant of tenants) {
    await seedOwner(postgres, tenant);
    tokens.set(tenant, await issuer.sign(url, tenant));
  }
  const path = ({ agentId }: Tenant): string => `/v1/agents/${agentId}`;
  const headers = {
    key: ({ apiKey }: Tenant) => ({ authorization: `Bearer ${apiKey}` }),
    session: (tenant: Tenant) => ({ authorization: `Bearer ${tokens.get(tenant)}` }),
  };
  const requests = (side: keyof typeof headers) => tenants.map((tenant) => ({ path: path(tenant), headers: headers[side](tenant) }));
  const [key, session] = [runner(workerd.origins.api, requests("key")), runner(workerd.origins.api, requests("session"))];
  // The issuer's keys, and whose each of its organizations is, are asked for once: what is measured is warm.
  for (const tenant of tenants) await tripsOf({ url: `${workerd.origins.api}${path(tenant)}`, headers: headers.session(tenant) });
  await race(workerd, [key, session], { connections: 32, rounds: 12, seconds: 0.5 });
  const [first] = tenants;
  if (first === undefined) throw new Error("no organization to ask for");
  const question = (side: keyof typeof headers) => ({ url: `${workerd.origins.api}${path(first)}`, headers: headers[side](first) });
  const [keyMs = NaN, sessionMs = NaN] = await medianLatencies([question("key"), question("session")], 500);
  return {
    key: together(key),
    session: together(session),
    ratio: ratioOf(session, key),
    latencyMs: { key: keyMs, session: sessionMs },
    roundTrips: { key: await tripsOf(question("key")), session: await tripsOf(question("session")) },
  };
}

/** Makes the owner of an organization known, as whom the issuer signs sessions. */
export async function seedOwner({ owner }: RealPostgres, tenant: Tenant): Promise<void> {
  const { orgId } = tenant;
  const { organization, user } = externalOf(tenant);
  const now = currentTime();
  const run: RunAsAdmin = (statements) => runBatch(owner.pool, { role: "armalo_admin", statements });
  const member = { ...newMember({ role: "owner", externalId: user }, now), status: "active", joinedAt: now } as const;
  const profile = newProfile(member.id, { email: `${user.toLowerCase()}@people.test`, name: null }, now);
  const link = { orgId, provider: "clerk", externalId: organization, createdAt: now } as const;
  const act = {
    action: "member.added",
    resource: member.id,
    change: { role: "owner" },
    commitment: await profileCommitment(profile),
  } as const;
  await actOnOrganization(run, orgId, act, {
    afterEvent: [
      toStatement(build.insert(members).values({ orgId, ...member })),
      toStatement(build.insert(memberProfiles).values({ orgId, ...profile })),
      toStatement(build.insert(providerLinks).values(link)),
    ],
  });
}

/** What the Worker itself says of one request, in Server-Timing. */
async function tripsOf({ url, headers }: { readonly url: string; readonly headers: Record<string, string> }): Promise<number> {
  const response = await fetch(url, { headers });
  const [, trips] = /desc="(\d+) round trips"/.exec(response.headers.get("Server-Timing") ?? "") ?? [];
  if (!response.ok || trips === undefined) throw new Error(`${url} was answered with ${response.status}`);
  return Number(trips);
}
