import { z } from "@hono/zod-openapi";
import { idPattern } from "../../platform/ids.ts";

const AgentId = z.string().regex(idPattern("agent"));
const Thumbprint = z.string().regex(/^[\w-]{43}$/);

export const RegisterKeyBody = z
  .strictObject({
    x: z
      .string()
      .regex(/^[\w-]{43}$/)
      .openapi({ description: "The public key: `x` of an Ed25519 JWK." }),
    proof: z.string().max(4_096).openapi({
      description: "Compact JWS by that key, typ `armalo-agent-key+jws`, over `{agentId, organization, at}`; `at` within ten minutes.",
    }),
  })
  .openapi("RegisterAgentKey");

export const AgentParams = z.object({ agentId: AgentId });
export const AgentKeyParams = z.object({ agentId: AgentId, kid: Thumbprint });

const Time = z.iso.datetime();
export const AgentKey = z
  .object({
    kid: z.string().openapi({ description: "RFC 7638 thumbprint." }),
    agentId: z.string(),
    jwk: z.object({ kty: z.literal("OKP"), crv: z.literal("Ed25519"), x: z.string() }),
    createdAt: Time,
    revokedAt: Time.nullable(),
  })
  .openapi("AgentKey");
export const AgentKeyList = z.object({ items: z.array(AgentKey) }).openapi("AgentKeyList");
export type AgentKeyView = z.input<typeof AgentKey>;
