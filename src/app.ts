import { Hono } from "hono";
import type { Call } from "./http/call.ts";
import type { Operation } from "./http/operation.ts";
import { answerPreflight } from "./http/preflight.ts";
import { problem } from "./http/problem.ts";
import { runOperation } from "./http/run-operation.ts";

type AppEnv = { Bindings: Omit<Call, "params"> };

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/** `{name}` is one segment of a path, `{+name}` the rest of it (RFC 6570), as Hono spells them. */
export const toRoutePath = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ":$1").replaceAll(/\{\+(\w+)\}/g, ":$1{.+}");

/** Every operation of the table behind the pipeline, and nothing else. */
export function buildApp(operations: readonly Operation[]): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  for (const operation of operations) {
    app.on(operation.method, toRoutePath(operation.path), (context) =>
      runOperation(operation, { ...context.env, params: context.req.param() }),
    );
  }
  const payable = new Set(operations.flatMap(({ access, path }) => (access.mode === "payable" ? [toRoutePath(path)] : [])));
  const mayBePaid = (path: string): boolean =>
    methods.some((method) => app.router.match(method, path)[0].some(([[, route]]) => payable.has(route.path)));
  app.notFound((context) => {
    const allowed = methods.filter((method) => app.router.match(method, context.req.path)[0].length > 0);
    if (allowed.length === 0) throw problem("not_found", "no such path");
    if (context.req.method === "OPTIONS" && mayBePaid(context.req.path)) return answerPreflight(allowed);
    throw problem("method_not_allowed", context.req.method, { headers: { Allow: allowed.join(", ") } });
  });
  app.onError((error) => {
    throw error;
  });
  return app;
}
