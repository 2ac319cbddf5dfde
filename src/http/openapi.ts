import { OpenAPIHono, type RouteConfig } from "@hono/zod-openapi";
import type { Operation } from "./operation.ts";
import { ProblemBody } from "./problem.ts";

const problemAnswer = {
  description: "What went wrong, as problem details (RFC 9457).",
  content: { "application/problem+json": { schema: ProblemBody } },
};

function toRoute(operation: Operation): RouteConfig {
  const { request, response, access } = operation;
  const content =
    response.body === undefined
      ? Object.fromEntries(response.media.map((type) => [type, { schema: { type: "string" as const } }]))
      : { "application/json": { schema: response.body } };
  return {
    method: operation.method,
    path: operation.path.replaceAll("{+", "{"),
    operationId: operation.id,
    summary: operation.summary,
    tags: [operation.id.split(".")[0] ?? ""],
    description: describe(operation),
    ...(access.mode === "public" ? { security: [] } : { security: [{ bearer: [] }] }),
    request: {
      ...(request.params === undefined ? {} : { params: request.params }),
      ...(request.query === undefined ? {} : { query: request.query }),
      ...(request.body === undefined ? {} : { body: { required: true, content: { "application/json": { schema: request.body } } } }),
    },
    responses: { [response.status]: { description: operation.summary, content }, default: problemAnswer },
  };
}

function describe({ access, audit }: Operation): string {
  const scope = access.mode === "public" ? "Open to everyone." : `Needs the scope \`${access.scope}\`.`;
  return audit === undefined ? scope : `${scope} Recorded in the audit log as \`${audit}\`. Takes an \`Idempotency-Key\`.`;
}

/** The OpenAPI 3.1 document, made from the same table as the routes. */
export function openApiDocument(operations: readonly Operation[], origin: string): object {
  const app = new OpenAPIHono();
  app.openAPIRegistry.registerComponent("securitySchemes", "bearer", {
    type: "http",
    scheme: "bearer",
    description: "An API key (`arm_live_…`, `arm_test_…`) or an access token.",
  });
  for (const operation of operations) app.openAPIRegistry.registerPath(toRoute(operation));
  return app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "Armalo",
      version: "1",
      description:
        "Trust infrastructure for AI agents: pacts say what an agent promises, evals check it, scores say what was found, and the audit log holds the evidence.",
      license: { name: "Apache-2.0", url: "https://www.apache.org/licenses/LICENSE-2.0" },
    },
    servers: [{ url: origin }],
  });
}
