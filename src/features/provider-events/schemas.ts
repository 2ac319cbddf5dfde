import { z } from "@hono/zod-openapi";
import { outcomes } from "./handle-once.ts";

/** What a provider is answered. */
export const ProviderAnswer = z.object({ status: z.enum(outcomes) }).openapi("ProviderAnswer");
