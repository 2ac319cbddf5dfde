import { z } from "@hono/zod-openapi";
import ipaddr from "ipaddr.js";
import { scopes } from "../../access/scopes.ts";
import { pageOf, pageQuery } from "../../http/pagination.ts";
import { idPattern } from "../../platform/ids.ts";

/** Four decimal parts or IPv6: other notations of IPv4 mean something else to other readers. */
const isPlainCidr = (text: string): boolean =>
  ipaddr.isValidCIDR(text) && (ipaddr.IPv6.isValidCIDR(text) || ipaddr.IPv4.isValidFourPartDecimal(text.split("/")[0] ?? ""));

const Scopes = z
  .array(z.enum(scopes))
  .min(1)
  .max(scopes.length)
  .openapi({ description: "What the key may do; at most what the creating credential may." });
const Cidrs = z
  .array(
    z
      .string()
      .max(64)
      .refine((text) => isPlainCidr(text), "Not a block like 203.0.113.0/24."),
  )
  .max(50)
  .openapi({ description: "Blocks of addresses that may use the key. Empty: any address." });

export const KeyParams = z.object({ keyId: z.string().regex(idPattern("key")) });
export const ListKeysQuery = z.object(pageQuery);

export const CreateKeyBody = z
  .strictObject({
    name: z.string().trim().min(1).max(100),
    scopes: Scopes,
    expiresAt: z.iso.datetime().nullable().default(null),
    cidrs: Cidrs.default([]),
    agentId: z
      .string()
      .regex(idPattern("agent"))
      .nullable()
      .default(null)
      .openapi({ description: "Binds the key to one agent: it acts as that agent and no other." }),
  })
  .openapi("CreateApiKey");

export const RotateKeyBody = z
  .strictObject({
    overlapSeconds: z
      .int()
      .min(0)
      .max(86_400)
      .default(3600)
      .openapi({ description: "How long the old key still works: at most 24 hours, and never beyond its own expiry." }),
  })
  .openapi("RotateApiKey");

const Time = z.iso.datetime();

export const ApiKey = z
  .object({
    id: z.string(),
    name: z.string(),
    scopes: z.array(z.enum(scopes)),
    cidrs: z.array(z.string()),
    agentId: z.string().nullable(),
    state: z.enum(["active", "expired", "revoked"]),
    createdBy: z.string(),
    replacesId: z.string().nullable(),
    expiresAt: Time.nullable(),
    revokedAt: Time.nullable(),
    lastUsedAt: Time.nullable(),
    createdAt: Time,
  })
  .openapi("ApiKey");

export const IssuedKey = ApiKey.extend({
  key: z.string().nullable().openapi({ description: "The key itself, shown this once; null when a repeated request is answered." }),
}).openapi("IssuedApiKey");

export const KeyPage = pageOf(ApiKey).openapi("ApiKeyPage");
export type ApiKeyView = z.input<typeof ApiKey>;
