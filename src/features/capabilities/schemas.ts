import { z } from "@hono/zod-openapi";
import { AnyJson } from "../../expressions/any-json.ts";
import { pageOf, pageQuery } from "../../http/pagination.ts";
import { idPattern } from "../../platform/ids.ts";
import { CapabilityDefinition, mcpRevisions } from "../../upstreams/capability.ts";

const Time = z.iso.datetime();
const CapabilityId = z.string().regex(idPattern("capability"));
const name = z.string().trim().min(1).max(200);
const description = z.string().trim().min(1).max(2_000).openapi({ description: "What agents are told that it does." });
/** What a header's value may hold (RFC 9110, 5.5); a shorter one would be found, and taken out, everywhere in an answer. */
const CredentialValue = z
  .string()
  .min(8)
  .max(4_096)
  .regex(/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/, "Printable ASCII, without spaces around it.")
  .openapi({
    description: "What the upstream is shown, without its prefix. It is sealed, and no answer ever holds it.",
    format: "password",
  });

export const CapabilityParams = z.object({ capabilityId: CapabilityId });
export const ListCapabilitiesQuery = z.object({ ...pageQuery, status: z.enum(["active", "retired"]).optional() });
export type ListCapabilities = z.output<typeof ListCapabilitiesQuery>;
export const ListVersionsQuery = z.object(pageQuery);

export const CreateCapabilityBody = z
  .strictObject({ name, description, definition: CapabilityDefinition, credentialValue: CredentialValue.optional() })
  .openapi("CreateCapability");
export type CapabilityInput = z.output<typeof CreateCapabilityBody>;

export const NewCapabilityVersionBody = z
  .strictObject({
    description: description.optional(),
    definition: CapabilityDefinition,
    credentialValue: CredentialValue.optional().openapi({
      description: "Needed again where the URL or the credential's place differs: a credential is never taken along to another place.",
    }),
  })
  .openapi("NewCapabilityVersion");
export type VersionInput = z.output<typeof NewCapabilityVersionBody>;

export const SetCredentialBody = z
  .strictObject({ value: CredentialValue.nullable().openapi({ description: "Null takes it away." }) })
  .openapi("SetCapabilityCredential");

const kind = z.enum(["http", "mcp"]);
export const Capability = z
  .object({
    id: z.string(),
    name: z.string(),
    description: z.string(),
    kind,
    status: z.enum(["active", "retired"]),
    version: z.int(),
    definition: CapabilityDefinition,
    digest: z.string().openapi({ description: "SHA-256 of the definition's RFC 8785 form." }),
    driftedDigest: z.string().nullable().openapi({
      description: "The digest that the upstream's tool had when it was found to differ from what is pinned. A new version pins again.",
    }),
    hasCredential: z.boolean(),
    createdAt: Time,
    updatedAt: Time,
  })
  .openapi("Capability");
export type CapabilityView = z.input<typeof Capability>;
export const CapabilityPage = pageOf(Capability).openapi("CapabilityPage");

export const CapabilityVersion = z
  .object({
    capabilityId: z.string(),
    version: z.int(),
    definition: CapabilityDefinition,
    digest: z.string(),
    createdBy: z.string().openapi({ description: "Who made it, as the audit log shows it." }),
    createdAt: Time,
  })
  .openapi("CapabilityVersion");
export type VersionView = z.input<typeof CapabilityVersion>;
export const CapabilityVersionPage = pageOf(CapabilityVersion).openapi("CapabilityVersionPage");

export const DiscoverToolsBody = z
  .union([
    z.strictObject({ capabilityId: CapabilityId }),
    z.strictObject({
      url: z.url().max(2_000),
      credential: z
        .strictObject({
          header: z.string().min(1).max(64),
          prefix: z.string().max(32).default(""),
          value: CredentialValue,
        })
        .optional(),
    }),
  ])
  .openapi("DiscoverTools", { description: "An MCP server's URL, with what it is to be shown, or a capability that has both." });
export type DiscoverToolsInput = z.output<typeof DiscoverToolsBody>;

export const ToolList = z
  .object({
    url: z.string(),
    revision: z.enum(mcpRevisions),
    tools: z.array(
      z.object({
        name: z.string(),
        description: z.string().nullable(),
        inputSchema: AnyJson,
        digest: z
          .string()
          .openapi({ description: "What to pin as `toolDigest`: SHA-256 of the RFC 8785 form of `{name, description, inputSchema}`." }),
      }),
    ),
  })
  .openapi("UpstreamTools");
export type ToolListView = z.input<typeof ToolList>;
