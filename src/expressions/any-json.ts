import { z } from "@hono/zod-openapi";
import type { JsonValue } from "../crypto/canonical-json.ts";

/** Any JSON value, for bodies; its depth and size are bounded where the body is read. */
export const AnyJson: z.ZodType<JsonValue, JsonValue> = z
  .json()
  .openapi({ type: ["object", "array", "string", "number", "boolean", "null"], description: "Any JSON value." });
