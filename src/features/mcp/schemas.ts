import { z } from "@hono/zod-openapi";
import { scopes } from "../../access/scopes.ts";

/** RFC 9728. No authorization server is named: there is none that would give out credentials for this resource. */
export const ResourceMetadata = z
  .object({
    resource: z.url(),
    resource_name: z.string(),
    resource_documentation: z.url(),
    bearer_methods_supported: z.tuple([z.literal("header")]),
    scopes_supported: z.array(z.enum(scopes)),
  })
  .openapi("ProtectedResourceMetadata");
