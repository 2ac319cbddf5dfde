import { planNames } from "../../access/plans.ts";
import { providers } from "../../providers/provider.ts";
import { linkOwner } from "./link-owner.ts";
import { linkProvider } from "./link-provider.ts";
import type { Administration } from "./open-administration.ts";
import { oneOf, text, type Options } from "./options.ts";
import { setPlan } from "./set-plan.ts";

export const billingUsage = `  set-plan --organization ID --plan ${planNames.join("|")}
                           what an organization has without a subscription; a better plan that is paid for stays
  link-provider --organization ID --provider ${providers.join("|")} [--external ID]
                           whose a provider's name is, for good: of a Stripe subscription (sub_…), a Whop membership (mem_…),
                           an organization of Clerk's (org_…); Inngest is let start runs for the organization
  link-owner --organization ID [--to ID]
                           says that it has the owner of another organization, or (without --to) that it stands by itself:
                           organizations of one owner are one counterparty, and do not rate each other`;

export const billingCommands = {
  "set-plan": async ({ run }: Administration, options: Options): Promise<string> => {
    const [orgId, granted] = [text(options, "organization"), oneOf(options, "plan", planNames)];
    const plan = await setPlan(run, orgId, granted);
    const paid = plan === granted ? "" : `; the plan ${plan}, which is paid for, holds until it ends`;
    return `${orgId} has ${granted} without a subscription${paid}. It counts within a minute.`;
  },
  "link-provider": async ({ run }: Administration, options: Options): Promise<string> => {
    const [orgId, provider] = [text(options, "organization"), oneOf(options, "provider", providers)];
    const externalId = options["external"] === undefined ? undefined : text(options, "external");
    const linked = await linkProvider(run, { orgId, provider, externalId });
    return `What ${provider} says of ${linked} concerns ${orgId} from now on.`;
  },
  "link-owner": async ({ run }: Administration, options: Options): Promise<string> => {
    const orgId = text(options, "organization");
    const group = await linkOwner(run, orgId, options["to"] === undefined ? null : text(options, "to"));
    return group === orgId
      ? `${orgId} stands by itself.`
      : `${orgId} has the owner of ${group}: they count as one counterparty from now on.`;
  },
};
