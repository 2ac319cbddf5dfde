import { z } from "@hono/zod-openapi";
import { scopes } from "../../access/scopes.ts";
import { defineOperation } from "../../http/define-operation.ts";
import { issueToken } from "./issue-token.ts";

const IssueTokenBody = z
  .strictObject({
    scopes: z.array(z.enum(scopes)).min(1).optional().openapi({ description: "Some of the key's scopes; all of them where left out." }),
  })
  .openapi("IssueAccessToken");

const AccessToken = z
  .object({
    accessToken: z.string().nullable().openapi({ description: "Shown this once; null when a repeated request is answered." }),
    tokenType: z.literal("Bearer"),
    expiresAt: z.iso.datetime(),
    expiresIn: z.int().openapi({ description: "Seconds." }),
    scopes: z.array(z.enum(scopes)),
  })
  .openapi("AccessToken");

export type AccessTokenView = z.input<typeof AccessToken>;

export const accessTokenOperations = [
  defineOperation({
    id: "access_tokens.issue",
    method: "post",
    path: "/v1/access-tokens",
    summary: "Trade an API key for a 15-minute access token",
    governance: "credential",
    access: { mode: "tenant", scope: "tokens:issue" },
    audit: "access_token.issued",
    request: { body: IssueTokenBody },
    response: { status: 201, body: AccessToken },
    handle: ({ input, ...context }) => issueToken(context, input.body.scopes),
  }),
];
