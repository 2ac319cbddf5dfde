import { z } from "@hono/zod-openapi";
import { hasChecksum } from "../../crypto/ethereum-address.ts";
import { endpointProtocols } from "../../db/schema/agents.ts";
import { pageOf, pageQuery } from "../../http/pagination.ts";
import { mayForwardHeader } from "../../platform/egress-url.ts";
import { idPattern } from "../../platform/ids.ts";

const maxBatch = 50;

const ExternalId = z
  .string()
  .regex(/^[\w.:@/-]{1,128}$/, "1 to 128 letters, digits or _ . : @ / -.")
  .openapi({ description: "The organization's own name for the agent, unique in it.", example: "support-bot" });
const Wallet = z.string().refine(hasChecksum, "Not an Ethereum address with its EIP-55 checksum.");
const text = (max: number) => z.string().trim().min(1).max(max);

export const EndpointHeaders = z
  .record(
    z.string().refine(mayForwardHeader, "This header cannot be set."),
    z.string().regex(/^[\x21-\x7e]([\x20-\x7e]{0,4094}[\x21-\x7e])?$/, "Printable ASCII, at most 4,096 characters."),
  )
  .refine((headers) => Object.keys(headers).length <= 16, "At most 16 headers.")
  .refine(
    (headers) => new Set(Object.keys(headers).map((name) => name.toLowerCase())).size === Object.keys(headers).length,
    "A header is named twice.",
  )
  .openapi({ description: "Sent with every call to the endpoint. Sealed at once: names come back, values never." });

const Endpoint = z.strictObject({
  url: z.string().max(2_048).openapi({ description: "https on port 443, with a public name." }),
  protocol: z.enum(endpointProtocols).openapi({
    description: "`json`: POST of a JSON object; `openai`: chat completions; `a2a`: A2A 1.0 over JSON-RPC; `a2a-0.3`: the revision before.",
  }),
  headers: EndpointHeaders.optional().openapi({
    description: "Left out in an update: kept while the origin stays the same, and gone with it.",
  }),
});
export type EndpointInput = z.output<typeof Endpoint>;

const fields = {
  name: text(200),
  description: text(2_000).nullable(),
  provider: text(100).nullable(),
  modelFamily: text(100).nullable(),
  capabilities: z
    .array(text(64))
    .max(64)
    .refine((names) => new Set(names).size === names.length, "A capability is named twice."),
  version: text(64).nullable().openapi({ description: "The version that its owner declares." }),
  isPublic: z.boolean(),
  walletAddress: Wallet.nullable(),
  endpoint: Endpoint.nullable(),
};

export const CreateAgentBody = z
  .strictObject({
    externalId: ExternalId,
    ...fields,
    description: fields.description.default(null),
    provider: fields.provider.default(null),
    modelFamily: fields.modelFamily.default(null),
    capabilities: fields.capabilities.default([]),
    version: fields.version.default(null),
    isPublic: fields.isPublic.default(false),
    walletAddress: fields.walletAddress.default(null),
    endpoint: fields.endpoint.default(null),
  })
  .openapi("CreateAgent");
export type AgentInput = z.output<typeof CreateAgentBody>;

export const CreateAgentsBody = z
  .strictObject({ agents: z.array(CreateAgentBody).min(1).max(maxBatch) })
  .superRefine(({ agents }, context) => {
    const seen = new Set<string>();
    for (const [index, { externalId }] of agents.entries()) {
      if (seen.has(externalId))
        context.addIssue({ code: "custom", path: ["agents", index, "externalId"], message: "Another agent of this batch has it." });
      seen.add(externalId);
    }
  })
  .openapi("CreateAgents");

export const UpdateAgentBody = z
  .strictObject(fields)
  .partial()
  .refine((changes) => Object.keys(changes).length > 0, "Nothing to change.")
  .openapi("UpdateAgent");
export type AgentChanges = z.output<typeof UpdateAgentBody>;

export const AgentParams = z.object({ agentId: z.string().regex(idPattern("agent")) });
const flag = z.enum(["true", "false"]).transform((value) => value === "true");
export const ListAgentsQuery = z.object({
  ...pageQuery,
  externalId: ExternalId.optional(),
  isPublic: flag.optional(),
  archived: flag.default(false).openapi({ description: "Archived agents instead of those in service." }),
});

const Time = z.iso.datetime();
const Proof = z.object({
  state: z.enum(["not_needed", "proven", "stale", "unproven"]).openapi({ description: "Runs need `proven` or `not_needed`." }),
  provenAt: Time.nullable(),
  validUntil: Time.nullable(),
  challenge: z
    .object({ url: z.string(), token: z.string() })
    .nullable()
    .openapi({ description: "What the endpoint's origin must serve, as a line of its own, before the endpoint is called." }),
});

export const Agent = z
  .object({
    id: z.string(),
    externalId: z.string(),
    name: z.string(),
    description: z.string().nullable(),
    provider: z.string().nullable(),
    modelFamily: z.string().nullable(),
    capabilities: z.array(z.string()),
    version: z.string().nullable(),
    versionNumber: z.int().openapi({ description: "One more whenever what defines the agent changes." }),
    versionDigest: z.string(),
    isPublic: z.boolean(),
    walletAddress: z.string().nullable(),
    endpoint: z.object({ url: z.string(), protocol: z.enum(endpointProtocols), headerNames: z.array(z.string()), proof: Proof }).nullable(),
    archivedAt: Time.nullable(),
    createdAt: Time,
    updatedAt: Time,
  })
  .openapi("Agent");
export type AgentView = z.input<typeof Agent>;
export const AgentPage = pageOf(Agent).openapi("AgentPage");
export const AgentList = z.object({ items: z.array(Agent) }).openapi("AgentList");
