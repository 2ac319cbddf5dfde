import { parseArgs } from "node:util";
import { planNames } from "../access/plans.ts";
import { scopes } from "../access/scopes.ts";
import { createKey } from "./admin/create-key.ts";
import { createOrganization } from "./admin/create-organization.ts";
import { billingCommands, billingUsage } from "./admin/billing-commands.ts";
import { installSuites } from "./admin/install-suites.ts";
import { keyCommands, keyUsage, makeRootKeyFile } from "./admin/key-commands.ts";
import { offerPanel, withdrawPanel } from "./admin/offer-panel.ts";
import { openAdministration, type Administration } from "./admin/open-administration.ts";
import { peopleCommands, peopleUsage } from "./admin/people-commands.ts";
import { reencrypt } from "./admin/reencrypt.ts";
import { setDatabasePassword } from "./admin/set-database-password.ts";
import { runCommand } from "./main.ts";
import { migrateDatabase } from "./migrate.ts";
import { PlainFailure } from "./plain-failure.ts";
import { platformSuites } from "./suites/platform-suites.ts";

const usage = `npm run admin -- <command>

  create-organization --name NAME --plan ${planNames.join("|")} [--test]
  create-key --organization ID --name NAME [--scopes ${scopes.slice(0, 2).join(",")},…]
  offer-panel --panel ID [--withdraw]
                           lets whoever pays ask an organization's judges, with its keys; they see which models voted
  install-suites           adds the platform's suites that are missing
  reencrypt                wraps every data key with the first key of ENCRYPTION_KEYS
  migrate                  brings the database of DATABASE_URL to the newest migration
  set-database-password    gives the role armalo_app of that database a new password
${billingUsage}
${peopleUsage}
${keyUsage}

It acts on the embedded database, or, as its owner, on the one that DATABASE_URL names. Every act is audited.`;

type Options = Readonly<Record<string, string | boolean | undefined>>;
type Command = (administration: Administration, options: Options) => Promise<string>;

const commands: Readonly<Record<string, Command>> = {
  ...keyCommands,
  ...billingCommands,
  ...peopleCommands,
  "create-organization": async ({ run, ring }, { name, plan, test }) => {
    const chosen = planNames.find((known) => known === plan);
    if (chosen === undefined) throw new PlainFailure(`--plan is one of ${planNames.join(", ")}.`);
    const environment = test === true ? "test" : "live";
    const orgId = await createOrganization(run, await ring(), { name: required(name, "--name"), plan: chosen, environment });
    return `Created ${orgId} (${chosen}, ${environment}).`;
  },
  "create-key": async ({ run, tagKey }, { organization, name, scopes: wanted }) => {
    const granted = typeof wanted === "string" ? wanted.split(",").map(requireScope) : scopes;
    const request = { orgId: required(organization, "--organization"), name: required(name, "--name"), scopes: granted };
    const { id, key } = await createKey(run, await tagKey(), request);
    return `Created ${id}. This is the only time that the key is shown:\n\n  ${key}`;
  },
  "offer-panel": async ({ run }, { panel, withdraw }) => {
    const panelId = required(panel, "--panel");
    if (withdraw === true) {
      const { orgId, name } = await withdrawPanel(run, panelId);
      return `“${name}” of ${orgId} is no longer for sale.`;
    }
    const { orgId, name, digest } = await offerPanel(run, panelId);
    return `“${name}” of ${orgId} is for sale with the judges that it has now (${digest}).`;
  },
  "install-suites": async ({ run }) => {
    const installed = await installSuites(run, platformSuites);
    return installed.length === 0 ? "Every suite of the platform is installed already." : `Installed: ${installed.join(", ")}.`;
  },
  reencrypt: async ({ run, ring }) => {
    const { rewrapped, unchanged } = await reencrypt(run, await ring());
    return `Wrapped ${rewrapped} data keys with the active key; ${unchanged} had it already.`;
  },
  migrate: async ({ external }) => {
    await migrateDatabase(requireExternal(external).pool);
    return "The database has every migration.";
  },
  "set-database-password": async ({ run, external }) => {
    requireExternal(external);
    const password = await setDatabasePassword(run);
    return `The role armalo_app has a new password, shown this once:\n\n  ${password}`;
  },
};

function required(value: string | boolean | undefined, option: string): string {
  if (typeof value !== "string" || value.trim() === "") throw new PlainFailure(`${option} is needed.`);
  return value.trim();
}

function requireScope(name: string): (typeof scopes)[number] {
  const scope = scopes.find((known) => known === name.trim());
  if (scope === undefined) throw new PlainFailure(`There is no scope ${name}; there are ${scopes.join(", ")}.`);
  return scope;
}

function requireExternal(external: Administration["external"]): NonNullable<Administration["external"]> {
  if (external === undefined) {
    throw new PlainFailure(
      "This is for a PostgreSQL server: set DATABASE_URL to its owner's address. The embedded database needs none of it.",
    );
  }
  return external;
}

await runCommand(async () => {
  const { positionals, values } = readArguments();
  if (positionals[0] === "make-root-key" && positionals.length === 1) return console.log(await makeRootKeyFile(values));
  const command = positionals[0] === undefined ? undefined : commands[positionals[0]];
  if (positionals[0] !== undefined && command === undefined) throw new PlainFailure(`There is no command ${positionals[0]}.\n\n${usage}`);
  if (command === undefined || positionals.length > 1) throw new PlainFailure(usage);
  const administration = await openAdministration();
  try {
    console.log(await command(administration, values));
  } finally {
    await administration.close();
  }
});

function readArguments(): { positionals: string[]; values: Options } {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        name: { type: "string" },
        plan: { type: "string" },
        test: { type: "boolean" },
        organization: { type: "string" },
        to: { type: "string" },
        scopes: { type: "string" },
        file: { type: "string" },
        out: { type: "string" },
        "root-key": { type: "string" },
        issuer: { type: "string" },
        purpose: { type: "string" },
        "overlap-hours": { type: "string" },
        "ring-out": { type: "string" },
        kid: { type: "string" },
        reason: { type: "string" },
        since: { type: "string" },
        panel: { type: "string" },
        withdraw: { type: "boolean" },
        provider: { type: "string" },
        external: { type: "string" },
        email: { type: "string" },
        role: { type: "string" },
      },
    });
  } catch (error) {
    throw new PlainFailure(`${error instanceof Error ? error.message : String(error)}\n\n  ${usage}`);
  }
}
