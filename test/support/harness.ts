import { env } from "cloudflare:workers";
import type { Role } from "../../src/access/roles.ts";

/** Asks the control door of the tests' database. */
async function ask<T>(path: string, body?: unknown): Promise<T> {
  const response = await fetch(`${env.HARNESS_URL}${path}`, body === undefined ? {} : { method: "POST", body: JSON.stringify(body) });
  const answer: { error?: string } & T = await response.json();
  if (answer.error !== undefined) throw new Error(answer.error);
  return answer;
}

export const askForOrganization = (wish: { plan: string; environment: string; scopes: readonly string[] }) =>
  ask<{ orgId: string; apiKey: string; keyId: string }>("/organizations", wish);

/** Lets somebody into an organization, as an active member (people.ts signs one in). */
export const askForMember = (wish: { orgId: string; role: string; externalId: string | null; status?: "invited" }) =>
  ask<{ memberId: string; email: string }>("/members", wish);

/** Decides, as the organization's operator, what may be attested of its agents. */
export const setClaimPolicy = (orgId: string, policy: unknown): Promise<unknown> => ask("/claim-policy", { orgId, policy });

/** Offers a judge panel for sale, as the administrator's command does, or takes it off sale. */
export const offerPanel = (panelId: string, withdraw = false): Promise<unknown> => ask("/panel-offers", { panelId, withdraw });

type NewMember = { readonly orgId: string; readonly email: string; readonly name: string | null; readonly role: Role };

/** Lets somebody in, as the administrator's command does. */
export const addMember = async (member: NewMember): Promise<string> => (await ask<{ id: string }>("/added-members", member)).id;

/** The token of a one-time link, as the administrator's command makes it. */
export const makeSignInLink = async (orgId: string, email: string): Promise<string> =>
  (await ask<{ token: string }>("/sign-in-links", { orgId, email })).token;

/** How many database transactions a request made. */
export const roundTrips = async (requestId: string): Promise<number> =>
  (await ask<{ trips: number }>(`/trips?request=${encodeURIComponent(requestId)}`)).trips;

/** Makes an organization's next transactions, but for the first `skip`, fail: before they run (`down`), or after the commit, before the answer. */
export const failDatabase = (orgId: string, mode: "down" | "after_commit" | "none", times = 1_000_000, skip = 0): Promise<unknown> =>
  ask("/faults", { orgId, mode, times, skip });

/** Rows as the database's owner sees them, past every wall. */
export const ownerSees = async (query: string, ...params: unknown[]): Promise<Record<string, unknown>[]> =>
  (await ask<{ rows: Record<string, unknown>[] }>("/rows", { query, params })).rows;

/** Asks the chain on which tests pay (test-chain.node.ts). */
export const askChain = <T>(asked: object): Promise<T> => ask("/chain", asked);

/** Says, as the administrator's command does, whose a provider's name is. */
export const linkProvider = (orgId: string, provider: string, externalId: string): Promise<unknown> =>
  ask("/provider-links", { orgId, provider, externalId });

/** Says, as the administrator's command does, that an organization has the owner of another one, or stands by itself. */
export const linkOwner = (orgId: string, sameAs: string | null): Promise<unknown> => ask("/owner-links", { orgId, sameAs });

/** Sets, as the administrator's command does, what plan an organization has without a subscription. */
export const setPlan = (orgId: string, plan: string): Promise<unknown> => ask("/plans", { orgId, plan });
