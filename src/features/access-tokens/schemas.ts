import { z } from "@hono/zod-openapi";
import { scopes } from "../../access/scopes.ts";

export const IssueTokenBody = z
  .strictObject({
    scopes: z.array(z.enum(scopes)).min(1).optional().openapi({ description: "Some of the key's scopes; all of them where left out." }),
  })
  .openapi("IssueAccessToken");

export const AccessToken = z
  .object({
    accessToken: z.string().nullable().openapi({ description: "Shown this once; null when a repeated request is answered." }),
    tokenType: z.literal("Bearer"),
    expiresAt: z.iso.datetime(),
    expiresIn: z.int().openapi({ description: "Seconds." }),
    scopes: z.array(z.enum(scopes)),
  })
  .openapi("AccessToken");

export type AccessTokenView = z.input<typeof AccessToken>;
