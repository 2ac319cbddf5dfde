import { z } from "zod";
import type { EndpointProtocol } from "../../db/schema/agents.ts";
import type { JsonObject } from "../../expressions/json.ts";
import type { FieldError } from "../../http/problem.ts";

const text = (max: number) => z.string().trim().min(1).max(max);
const url = z.string().max(2_048);

/** What is used of an agent card, of revision 1.0 (`supportedInterfaces`) or 0.3 (`url` and what goes with it); the rest may be anything. */
const Card = z.object({
  name: text(200),
  description: z.string().trim().nullish(),
  version: z.string().trim().max(64).nullish(),
  provider: z.object({ organization: z.string().trim().max(100).nullish() }).nullish(),
  skills: z
    .array(z.object({ id: text(64) }))
    .max(64)
    .nullish(),
  supportedInterfaces: z
    .array(z.object({ url, protocolBinding: z.string(), protocolVersion: z.string().max(20), tenant: z.string().nullish() }))
    .max(50)
    .nullish(),
  url: url.nullish(),
  protocolVersion: z.string().max(20).nullish(),
  preferredTransport: z.string().nullish(),
  additionalInterfaces: z
    .array(z.object({ url, transport: z.string() }))
    .max(50)
    .nullish(),
});
type Card = z.output<typeof Card>;

export type ReadCard = {
  readonly name: string;
  readonly description: string | null;
  readonly version: string | null;
  readonly provider: string | null;
  readonly capabilities: string[];
  readonly endpoint: { readonly url: string; readonly protocol: EndpointProtocol };
  readonly protocolVersion: string;
};
export type CardReading = { readonly ok: true; readonly card: ReadCard } | { readonly ok: false; readonly errors: readonly FieldError[] };

/** Longer descriptions are cut: they are for people, and nothing is decided by them. */
const maxDescription = 2_000;
const maxErrors = 10;

/** What an agent card says of its agent, as we register agents. Errors name places in the card. */
export function readCard(card: JsonObject): CardReading {
  const parsed = Card.safeParse(card);
  if (!parsed.success) {
    const errors = parsed.error.issues.slice(0, maxErrors).map(({ path, message }) => ({ path: ["card", ...path].join("."), message }));
    return { ok: false, errors };
  }
  const { name, description, version, provider, skills } = parsed.data;
  const chosen = chooseInterface(parsed.data);
  if (chosen === undefined) {
    const message = "The card offers no JSON-RPC interface of A2A 1.x or 0.3 without a tenant.";
    return { ok: false, errors: [{ path: "card.supportedInterfaces", message }] };
  }
  return {
    ok: true,
    card: {
      name,
      description: cut(description ?? "") || null,
      version: version || null,
      provider: provider?.organization || null,
      capabilities: [...new Set((skills ?? []).map(({ id }) => id))],
      ...chosen,
    },
  };
}

const cut = (description: string): string => description.slice(0, maxDescription).toWellFormed().trim();

/** The first that we speak, in the order that the card prefers. */
function chooseInterface(card: Card): Pick<ReadCard, "endpoint" | "protocolVersion"> | undefined {
  for (const { url, binding, version } of interfacesOf(card)) {
    const protocol = protocolOf(version);
    if (binding === "JSONRPC" && protocol !== undefined) return { endpoint: { url, protocol }, protocolVersion: version };
  }
  return undefined;
}

type Interface = { readonly url: string; readonly binding: string; readonly version: string };

function interfacesOf({ supportedInterfaces, ...former }: Card): readonly Interface[] {
  const listed = supportedInterfaces ?? [];
  if (listed.length > 0)
    return listed
      .filter(({ tenant }) => (tenant ?? "") === "")
      .map(({ url, protocolBinding, protocolVersion }) => ({ url, binding: protocolBinding, version: protocolVersion }));
  const version = former.protocolVersion ?? "";
  const main = former.url ? [{ url: former.url, transport: former.preferredTransport ?? "JSONRPC" }] : [];
  return [...main, ...(former.additionalInterfaces ?? [])].map(({ url, transport }) => ({ url, binding: transport, version }));
}

function protocolOf(version: string): EndpointProtocol | undefined {
  if (/^1\.\d+(\.\d+)?$/.test(version)) return "a2a";
  return /^0\.3(\.\d+)?$/.test(version) ? "a2a-0.3" : undefined;
}
