import { guardUnprovenHost } from "../../access/flood-guard.ts";
import { requireWholeOrganization } from "../../access/principal.ts";
import { insertSecurityEvents } from "../../access/security-event.ts";
import { jsonDigest } from "../../crypto/digest.ts";
import type { Query, ScopedDb } from "../../db/tenant-db.ts";
import type { WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import type { CapabilityDefinition } from "../../upstreams/capability.ts";
import { checkPlace, checkTarget } from "../../upstreams/check-definition.ts";
import { discoverTools as readTools } from "../../upstreams/discover-tools.ts";
import { redactorOf, type Redact } from "../../upstreams/redact.ts";
import type { UpstreamTool } from "../../upstreams/tool-digest.ts";
import type { NotSentReason } from "../../upstreams/upstream-result.ts";
import { openCredential } from "./credential.ts";
import type { DiscoverToolsInput, ToolListView } from "./schemas.ts";
import { selectCapabilityGround } from "./store.ts";

type Place = NonNullable<CapabilityDefinition["credential"]>;
/** Whom to ask, and what to show: `sealedOf` names the capability whose sealed credential that is. */
type Server = { readonly url: string; readonly shown: (Place & { readonly value: string }) | null; readonly sealedOf: string | null };
type Context = WriteContext<"capability.tools_read">;

const timeoutMs = 15_000;

/** Reads the tools of an upstream MCP server, so that an operator sees what there is, and pins it. Nothing is called, and nothing kept. */
export async function discoverTools(context: Context, input: DiscoverToolsInput): Promise<ToolListView> {
  const { tenant, principal, env, now } = context;
  requireWholeOrganization(principal);
  const { url, shown, sealedOf } = "capabilityId" in input ? await ofCapability(context, input.capabilityId) : named(input);
  const errors = [...checkTarget("body.url", url, env), ...(shown === null ? [] : checkPlace("body.credential", shown))];
  if (errors.length > 0) throw problem("invalid_request", "the server cannot be asked", { errors });
  await guardUnprovenHost(env, tenant.orgId, new URL(url).host);
  const headers = shown === null ? {} : { [shown.header.toLowerCase()]: `${shown.prefix}${shown.value}` };
  const found = await readTools(env, { url, headers, timeoutMs });
  if (!found.ok) throw notTold(found.reason);
  const redact = redactorOf(shown?.value ?? null, shown?.prefix);
  const tools = found.tools.map(({ name, description, inputSchema, digest }) => ({
    ...told(redact, { name, description, inputSchema }),
    digest,
  }));
  const view = { url, revision: found.revision, tools };
  const change = { url, tools: await jsonDigest(tools.map(({ name, digest }) => ({ name, digest }))) };
  const used = (db: ScopedDb, credential: string) =>
    insertSecurityEvents(db, [{ kind: "sealed_credential_used", credential, at: now, count: 1 }]);
  await tenant.write({ action: "capability.tools_read", resource: sealedOf ?? tenant.orgId, change, answer: view }, (db): Query[] =>
    sealedOf === null ? [] : [used(db, sealedOf)],
  );
  return view;
}

const named = ({ url, credential }: Extract<DiscoverToolsInput, { url: string }>): Server => ({
  url,
  shown: credential ?? null,
  sealedOf: null,
});

async function ofCapability({ tenant, box }: Context, capabilityId: string): Promise<Server> {
  const [[ground]] = await tenant.read((db) => [selectCapabilityGround(db, capabilityId)]);
  const { definition } = ground ?? {};
  if (ground === undefined || definition?.kind !== "mcp") throw noSuchServer();
  const value = await openCredential(box, ground);
  const shown = definition.credential === null || value === null ? null : { ...definition.credential, value };
  return { url: definition.url, shown, sealedOf: value === null ? null : capabilityId };
}

/** The same for a capability that never existed, another organization's, and one that is no MCP server's. */
const noSuchServer = () =>
  problem("invalid_request", "no such MCP capability", {
    errors: [{ path: "body.capabilityId", message: "There is no such capability of an MCP server." }],
  });

function notTold(reason: NotSentReason) {
  if (reason === "dns_unreachable") return problem("unavailable", reason);
  const message = `The server told no tools: ${reason}.`;
  return problem("state_conflict", message, { errors: [{ path: "body.url", message }] });
}

/** A server that says what it was shown says it to nobody but us; the digest is of what it said. */
const told = (redact: Redact, { name, description, inputSchema }: UpstreamTool) => ({
  name: cleaned(redact, name),
  description: description === null ? null : cleaned(redact, description),
  inputSchema: redact(inputSchema),
});

function cleaned(redact: Redact, text: string): string {
  const shown = redact(text);
  return typeof shown === "string" ? shown : "";
}
