import { z } from "@hono/zod-openapi";
import { defineOperation } from "../../http/define-operation.ts";
import { serveInngest } from "./serve-inngest.ts";

const text = z.string().max(200).optional();
const Query = z.object({ fnId: text, stepId: text, probe: text, deployId: text });

const served = {
  governance: "provider-event",
  access: { mode: "provider", provider: "inngest" },
  path: "/webhooks/inngest",
  request: { query: Query },
  response: { status: 200, relayed: true },
} as const;

export const inngestOperations = [
  defineOperation({
    ...served,
    id: "inngest.inspect",
    method: "get",
    summary: "Tell Inngest what is served to it",
    handle: serveInngest,
  }),
  defineOperation({
    ...served,
    id: "inngest.serve",
    method: "post",
    summary: "Run a step of a function that Inngest calls: on `armalo/eval.run.requested` an eval run is started",
    handle: serveInngest,
  }),
  defineOperation({
    ...served,
    id: "inngest.sync",
    method: "put",
    summary: "Register the functions that are served to Inngest",
    handle: serveInngest,
  }),
];
