import { z } from "@hono/zod-openapi";
import { SuiteDefinition } from "./suite.ts";

/** The form of a suite as a JSON Schema (2020-12), for editors and for whoever writes suites by hand. */
export const suiteJsonSchema = (): Record<string, unknown> => ({
  title: "Armalo eval suite",
  ...z.toJSONSchema(SuiteDefinition, { io: "input", target: "draft-2020-12", unrepresentable: "any" }),
});
