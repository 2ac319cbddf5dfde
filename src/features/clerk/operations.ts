import { defineOperation } from "../../http/define-operation.ts";
import { ProviderAnswer } from "../provider-events/index.ts";
import { handleClerkEvent } from "./handle-event.ts";

export const clerkOperations = [
  defineOperation({
    id: "clerk.webhook",
    method: "post",
    path: "/webhooks/clerk",
    summary: "What Clerk tells of people and organizations",
    guide:
      "Signed by Svix with a secret of `CLERK_WEBHOOK_SECRETS`. Each event has its effect once; one that comes before what it is about gets 503, and Clerk sends it again.",
    access: { mode: "provider", provider: "clerk" },
    governance: "provider-event",
    request: {},
    response: { status: 200, body: ProviderAnswer },
    handle: async (context) => ({ status: await handleClerkEvent(context) }),
  }),
];
