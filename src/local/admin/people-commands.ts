import { roles } from "../../access/roles.ts";
import { Email, PersonName } from "../../features/members/schemas.ts";
import { dataDir } from "../data-dir.ts";
import { PlainFailure } from "../plain-failure.ts";
import { findRunning } from "../running.ts";
import { addMember } from "./add-member.ts";
import { linkLifeMs, makeSignInLink } from "./make-sign-in-link.ts";
import type { Administration } from "./open-administration.ts";
import { oneOf, text, type Options } from "./options.ts";

export const peopleUsage = `  add-member --organization ID --email E [--name N] --role ${roles.join("|")}
                           lets a person into an organization, where people sign in with links (SIGN_IN=local)
  sign-in-link --email E [--organization ID]
                           prints a link that signs them in once, within ten minutes`;

function emailOf(options: Options): string {
  const email = Email.safeParse(text(options, "email"));
  if (!email.success) throw new PlainFailure("--email is an address as somebody@example.com.");
  return email.data;
}

function nameOf({ name }: Options): string | null {
  if (name === undefined) return null;
  const read = PersonName.safeParse(name);
  if (!read.success) throw new PlainFailure("--name is a name of at most 200 characters.");
  return read.data;
}

/** Where people reach this installation: what the Worker has as PUBLIC_ORIGIN, or the address of the one that runs here. */
async function originOf(): Promise<string> {
  const given = process.env["PUBLIC_ORIGIN"] || (await findRunning(dataDir()))?.url;
  if (given === undefined || !URL.canParse(given))
    throw new PlainFailure("Where is Armalo served? Start it with `npm start`, or set PUBLIC_ORIGIN as the Worker has it.");
  return new URL(given).origin;
}

export const peopleCommands: Readonly<Record<string, (administration: Administration, options: Options) => Promise<string>>> = {
  "add-member": async ({ run }, options) => {
    const wish = {
      orgId: text(options, "organization"),
      email: emailOf(options),
      name: nameOf(options),
      role: oneOf(options, "role", roles),
    };
    const id = await addMember(run, wish);
    return `Added ${id} (${wish.role}). Now: npm run admin -- sign-in-link --email ${wish.email}`;
  },
  "sign-in-link": async ({ run, tagKey }, options) => {
    const origin = await originOf();
    const { organization } = options;
    const wish = { email: emailOf(options), orgId: typeof organization === "string" ? organization : undefined };
    const { orgId, token } = await makeSignInLink(run, await tagKey(), wish);
    return `For ${wish.email} in ${orgId}; it works once, for ${linkLifeMs / 60_000} minutes:\n\n  ${origin}/sign-in/${token}`;
  },
};
