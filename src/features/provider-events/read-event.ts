import type { z } from "@hono/zod-openapi";
import { problem } from "../../http/problem.ts";

/** An event, or a part of one, as its schema says. Only the names of what is wrong are told and logged: what events hold are people's names. */
export function readEvent<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const paths = result.error.issues.map(({ path }) => ["body", ...path.map(String)].join("."));
  throw problem("invalid_request", "not an event as the provider's are", {
    errors: paths.map((path) => ({ path, message: "Not as expected." })),
  });
}
