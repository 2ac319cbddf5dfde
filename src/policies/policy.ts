import { z } from "@hono/zod-openapi";
import { celLimits } from "../expressions/cel.ts";
import { dimensionNames } from "../scores/names.ts";
import { policyEffects } from "./decision.ts";

const mostRules = 100;
/** Of all conditions together: what a decision has to have at hand, compiled. */
const mostChars = 32_768;

/** One rule: what it does where its condition holds. */
export const PolicyRule = z.strictObject({
  id: z.string().regex(/^[\w-]{1,64}$/),
  effect: z.enum(policyEffects),
  when: z.string().min(1).max(celLimits.sourceChars).openapi({ description: "A CEL expression that gives a bool." }),
});
export type PolicyRule = z.output<typeof PolicyRule>;

/** What a version of a policy says. */
export const PolicyTerms = z.strictObject({
  rules: z
    .array(PolicyRule)
    .min(1)
    .max(mostRules)
    .refine(
      (rules) => rules.reduce((sum, { when }) => sum + when.length, 0) <= mostChars,
      `The conditions have together at most ${mostChars} characters.`,
    ),
  approval: z
    .strictObject({
      expiresInSeconds: z
        .int()
        .min(60)
        .max(604_800)
        .default(86_400)
        .openapi({ description: "After this an approval is `expired`: neither given nor denied." }),
      fourEyes: z.boolean().default(false).openapi({
        description:
          "Whether somebody else must approve and promote than whoever registered the agent, made the key that asks, or created the grant.",
      }),
    })
    .prefault({}),
  promotion: z
    .strictObject({
      floors: z
        .partialRecord(z.enum(dimensionNames), z.number().min(0).max(1))
        .default({})
        .openapi({ description: "The least L of each named dimension, beside the required ones, whose least is what is named here or 0." }),
      simulatedCalls: z.int().min(1).max(1_000).default(5).openapi({ description: "How many simulated calls must have been reviewed." }),
    })
    .prefault({}),
});
export type PolicyTerms = z.output<typeof PolicyTerms>;
