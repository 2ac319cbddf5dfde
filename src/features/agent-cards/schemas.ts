import { z } from "@hono/zod-openapi";
import { cardAlgorithms, cardSignatures } from "../../db/schema/agent-cards.ts";
import { idPattern } from "../../platform/ids.ts";
import { Agent, CreateAgentBody, EndpointHeaders } from "../agents/index.ts";

const Time = z.iso.datetime();
const text = (max: number) => z.string().trim().min(1).max(max);

export const PinKeyBody = z
  .strictObject({
    kid: z.string().min(1).max(200).openapi({ description: "The `kid` that the signer writes in the headers of its signatures." }),
    label: text(200).openapi({ description: "Whose key it is, in your words." }),
    jwk: z.record(z.string(), z.unknown()).openapi({
      description: "A public JWK: Ed25519 (checked as EdDSA), P-256 (ES256) or RSA of 2,048 to 4,096 bits (RS256).",
      example: { kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" },
    }),
  })
  .openapi("PinCardKey");
export type PinKeyInput = z.output<typeof PinKeyBody>;

export const CardKeyParams = z.object({ cardKeyId: z.string().regex(idPattern("cardKey")) });

export const CardKey = z
  .object({
    id: z.string(),
    kid: z.string(),
    label: z.string(),
    thumbprint: z.string().openapi({ description: "RFC 7638." }),
    algorithm: z.enum(cardAlgorithms),
    jwk: z.record(z.string(), z.string()),
    pinnedAt: Time,
    unpinnedAt: Time.nullable(),
  })
  .openapi("CardKey");
export type CardKeyView = z.input<typeof CardKey>;
export const CardKeyList = z.object({ items: z.array(CardKey) }).openapi("CardKeyList");

const { externalId, modelFamily, isPublic, walletAddress } = CreateAgentBody.shape;
export const ImportCardBody = z
  .strictObject({
    cardUrl: z.string().max(2_048).openapi({
      description: "Where the A2A agent card is: https on port 443, with a public name.",
      example: "https://agent.example.com/.well-known/agent-card.json",
    }),
    externalId,
    modelFamily,
    isPublic,
    walletAddress,
    headers: EndpointHeaders.optional(),
  })
  .openapi("ImportAgentCard");
export type ImportCardInput = z.output<typeof ImportCardBody>;

export const AgentParams = z.object({ agentId: z.string().regex(idPattern("agent")) });

export const AgentCard = z
  .object({
    agentId: z.string(),
    url: z.string(),
    digest: z.string().openapi({ description: "SHA-256 of the RFC 8785 form of the card as it was served, its signatures included." }),
    protocolVersion: z.string().openapi({ description: "Of the interface that was taken from it." }),
    signature: z.object({
      outcome: z.enum(cardSignatures).openapi({
        description:
          "`verified`: signed by a key that you had pinned. `signed_by_unknown_key` says no more of the card than `unsigned`. " +
          "A card with a bad signature is not imported.",
      }),
      key: CardKey.nullable().openapi({ description: "The key, as it is pinned now." }),
    }),
    importedAt: Time,
  })
  .openapi("AgentCard");
export type AgentCardView = z.input<typeof AgentCard>;
export const ImportedAgent = z.object({ agent: Agent, card: AgentCard }).openapi("ImportedAgent");
export type ImportedAgentView = z.input<typeof ImportedAgent>;
