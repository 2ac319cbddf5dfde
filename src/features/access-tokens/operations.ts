import { defineOperation } from "../../http/define-operation.ts";
import { issueToken } from "./issue-token.ts";
import { AccessToken, IssueTokenBody } from "./schemas.ts";

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
