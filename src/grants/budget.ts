import { z } from "@hono/zod-openapi";

const Count = z.int().min(0).max(1_000_000_000);
/** Millionths of the currency's unit. */
const Micros = z.int().min(0).max(9_000_000_000_000_000);

/** What a grant may use up; what is left out has no limit. Days and months are of UTC. */
export const Budget = z
  .strictObject({
    count: z.strictObject({ total: Count.optional(), perDay: Count.optional(), perMonth: Count.optional() }).optional(),
    money: z
      .strictObject({
        perRun: Micros.optional().openapi({ description: "The most that one invocation may cost." }),
        perDay: Micros.optional(),
        perMonth: Micros.optional(),
      })
      .optional()
      .openapi({ description: "In millionths of the unit of the capability's currency." }),
  })
  .openapi("GrantBudget");
export type Budget = z.output<typeof Budget>;
