import { z } from "@hono/zod-openapi";
import { Bundle } from "../../crypto/statement/bundle.ts";
import { envelopes } from "./envelope.ts";

/** What `armalo-verify` reads. */
export const StatementBundle = z.strictObject(Bundle.shape).openapi("StatementBundle");
export const EnvelopeName = z
  .enum(envelopes)
  .default("jws")
  .openapi({ description: "`dsse`: the same payload and key in a DSSE envelope." });
export const BundleQuery = z.object({ envelope: EnvelopeName });
