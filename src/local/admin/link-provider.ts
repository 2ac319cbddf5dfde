import { eq } from "drizzle-orm";
import { z } from "zod";
import { providerLinks } from "../../db/schema/members.ts";
import { organizations } from "../../db/schema/organizations.ts";
import { currentTime } from "../../platform/clock.ts";
import type { Provider } from "../../providers/provider.ts";
import { PlainFailure } from "../plain-failure.ts";
import { actOnOrganization, build, look, toStatement, type RunAsAdmin } from "./act.ts";

/** How each provider's names for what is linked begin. Inngest has none: there it is the organization's own id, which its events carry. */
const prefixes = { clerk: "org_", whop: "mem_", stripe: "sub_", inngest: undefined } as const satisfies Record<
  Provider,
  string | undefined
>;

const Found = z.tuple([z.tuple([z.string()])]);
const Links = z.array(z.tuple([z.string(), z.string()]));

export type NewLink = { readonly orgId: string; readonly provider: Provider; readonly externalId: string | undefined };

/** Says what an organization is called by a provider, for good: from then on that provider's events concern it. Returns the name. */
export async function linkProvider(run: RunAsAdmin, { orgId, provider, externalId: given }: NewLink): Promise<string> {
  const externalId = requireName(provider, orgId, given);
  const organization = build.select({ id: organizations.id }).from(organizations).where(eq(organizations.id, orgId));
  if (!Found.safeParse(await look(run, orgId, toStatement(organization))).success)
    throw new PlainFailure(`There is no organization ${orgId}.`);
  const links = build
    .select({ provider: providerLinks.provider, externalId: providerLinks.externalId })
    .from(providerLinks)
    .where(eq(providerLinks.orgId, orgId));
  const known = Links.parse(await look(run, orgId, toStatement(links)));
  if (known.some(([of, name]) => of === provider && name === externalId)) throw new PlainFailure(`${externalId} is linked to it already.`);
  const row = { orgId, provider, externalId, createdAt: currentTime() };
  try {
    await actOnOrganization(
      run,
      orgId,
      { action: "provider.linked", resource: orgId, change: { provider, externalId } },
      { afterEvent: [toStatement(build.insert(providerLinks).values(row))] },
    );
  } catch (fault) {
    if (!(fault instanceof Error) || !fault.message.includes("provider_links_external")) throw fault;
    throw new PlainFailure(`${externalId} belongs to another organization.`);
  }
  return externalId;
}

function requireName(provider: Provider, orgId: string, given: string | undefined): string {
  const prefix = prefixes[provider];
  if (prefix === undefined) {
    if (given !== undefined && given !== orgId)
      throw new PlainFailure(`${provider} knows an organization by its own id: leave --external out.`);
    return orgId;
  }
  if (given?.startsWith(prefix) && given.length > prefix.length) return given;
  throw new PlainFailure(`--external is what ${provider} calls it: ${prefix}…`);
}
