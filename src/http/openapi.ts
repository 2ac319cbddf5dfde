import { OpenAPIHono, type RouteConfig, type z } from "@hono/zod-openapi";
import { webhookEventTypes } from "../webhooks/event-types.ts";
import type { Operation, ResponseShape } from "./operation.ts";
import { ProblemBody } from "./problem.ts";
import { toWebhook } from "./openapi-webhooks.ts";
import { paymentHeader } from "./security-headers.ts";

const text = { type: "string" as const };
const problemAnswer = {
  description: "What went wrong, as problem details (RFC 9457).",
  content: { "application/problem+json": { schema: ProblemBody } },
};

const challengeAnswer = {
  ...problemAnswer,
  description: "No credential and no payment that can be used: the header says what to pay. Nothing was taken.",
  headers: {
    "PAYMENT-REQUIRED": { description: "Base64 of x402's PaymentRequired (version 2) as JSON.", schema: text },
  },
};

const settledHeaders = {
  "PAYMENT-RESPONSE": { description: "Where it was paid for: base64 of what was settled, as JSON (x402).", schema: text },
  "X-Payment-Id": { description: "Where it was paid for: the payment's identifier, for `GET /v1/payments/{paymentId}`.", schema: text },
};
const owedAnswer = {
  ...problemAnswer,
  description:
    "To a payer: whether the payment was taken is not known yet, or it was taken and the answer is still owed. Resend the same request with the same `PAYMENT-SIGNATURE`, and sign no other.",
  headers: { "Retry-After": { description: "Seconds.", schema: text }, "X-Payment-Id": settledHeaders["X-Payment-Id"] },
};

function securityOf({ mode }: Operation["access"]): Record<string, string[]>[] {
  if (mode === "public") return [];
  if (mode === "provider") return [{ signature: [] }];
  if (mode === "operator") return [{ session: [] }];
  if (mode === "relay") return [{}, { bearer: [] }];
  if (mode === "room") return [{ room: [] }];
  const own = [{ bearer: [] }, { session: [] }];
  return mode === "payable" ? [...own, { x402: [] }] : own;
}

type Content = { readonly content?: Record<string, { readonly schema: z.ZodType | { readonly type: "string" } }> };

function toRoute(operation: Operation): RouteConfig {
  const { request, response, access } = operation;
  return {
    method: operation.method,
    path: operation.path.replaceAll("{+", "{"),
    operationId: operation.id,
    summary: operation.summary,
    tags: [operation.id.split(".")[0] ?? ""],
    description: describe(operation),
    security: securityOf(access),
    request: {
      ...(request.params === undefined ? {} : { params: request.params }),
      ...(request.query === undefined ? {} : { query: request.query }),
      ...(request.body === undefined
        ? {}
        : {
            body: {
              required: true,
              content: { [request.form === true ? "application/x-www-form-urlencoded" : "application/json"]: { schema: request.body } },
            },
          }),
    },
    responses: {
      [response.status]: {
        description: operation.summary,
        ...contentOf(response),
        ...(access.mode === "payable" ? { headers: settledHeaders } : {}),
      },
      ...(access.mode === "payable" ? { 402: challengeAnswer, 503: owedAnswer } : {}),
      default: problemAnswer,
    },
  };
}

function contentOf(response: ResponseShape): Content {
  if (response.upgrade || response.relayed) return {};
  if (response.body !== undefined) return { content: { "application/json": { schema: response.body } } };
  return { content: Object.fromEntries(response.media.map((type) => [type, { schema: text }])) };
}

function describe({ access, audit, guide }: Operation): string {
  const needs = whoMay(access);
  const said = audit === undefined ? needs : `${needs} Recorded in the audit log as \`${audit}\`. Takes an \`Idempotency-Key\`.`;
  return guide === undefined ? said : `${said}\n\n${guide}`;
}

function whoMay(access: Operation["access"]): string {
  switch (access.mode) {
    case "public":
      return "Open to everyone.";
    case "tenant":
      return `Needs the scope \`${access.scope}\`.`;
    case "payable":
      return `Needs the scope \`${access.scope}\`, or a payment of ${access.price} USDC (x402).`;
    case "operator":
      return `Needs a signed-in person whose role has the scope \`${access.scope}\`: no API key and no access token can do this.`;
    case "relay":
      return "Needs what the operations need that are called through it.";
    case "room":
      return "Needs a token of the room.";
    case "provider":
      return `Called by ${access.provider}, with its signature.`;
  }
}

/** The OpenAPI 3.1 document, made from the same table as the routes. */
export function openApiDocument(operations: readonly Operation[], origin: string): object {
  const app = new OpenAPIHono();
  app.openAPIRegistry.registerComponent("securitySchemes", "bearer", {
    type: "http",
    scheme: "bearer",
    description: "An API key (`arm_live_…`, `arm_test_…`) or an access token.",
  });
  app.openAPIRegistry.registerComponent("securitySchemes", "x402", {
    type: "apiKey",
    in: "header",
    name: paymentHeader,
    description:
      "A payment for this one call (x402, version 2) in place of a credential, where the installation takes payments: `GET /v1/prices` says which. The answer's `PAYMENT-RESPONSE` says what was settled, and `X-Payment-Id` names it.",
  });
  app.openAPIRegistry.registerComponent("securitySchemes", "session", {
    type: "http",
    scheme: "bearer",
    description:
      "A dashboard session: in its cookie, where changes need an `Origin` header that names this service, or the identity provider's session token as a bearer credential.",
  });
  app.openAPIRegistry.registerComponent("securitySchemes", "signature", {
    type: "apiKey",
    in: "header",
    name: "webhook-signature",
    description: "The provider's signature over the body and its time, in the header that the provider uses.",
  });
  app.openAPIRegistry.registerComponent("securitySchemes", "room", {
    type: "http",
    scheme: "bearer",
    description: "A token of the room, from `POST /v1/rooms/{roomId}/tokens`. A key or an access token opens no room.",
  });
  for (const operation of operations) app.openAPIRegistry.registerPath(toRoute(operation));
  for (const type of webhookEventTypes) app.openAPIRegistry.registerWebhook(toWebhook(type));
  return app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "Armalo",
      version: "1",
      description:
        "Trust infrastructure for AI agents: pacts say what an agent promises, evals check it, scores say what was found, policies decide what it may do, and the audit log holds the evidence.",
      license: { name: "Apache-2.0", url: "https://www.apache.org/licenses/LICENSE-2.0" },
    },
    servers: [{ url: origin }],
  });
}
