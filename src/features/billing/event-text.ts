import { z } from "@hono/zod-openapi";
import { isStorable } from "../../expressions/json.ts";

/** A provider's own name of something, as it can be kept. */
export const EventText = z
  .string()
  .min(1)
  .max(200)
  .refine((value) => isStorable(value), "not storable");

export const Named = z.object({ id: EventText });
