import { z } from "@hono/zod-openapi";
import { planNames } from "../../access/plans.ts";
import { roles } from "../../access/roles.ts";
import { scopes } from "../../access/scopes.ts";

/** What any token may look like: whether it is one, only the POST tells, and then alike of each that is none. */
const Token = z.string().min(1).max(300);
export const SignInParams = z.object({ token: Token });
export const SignInForm = z.strictObject({ token: Token });

const Time = z.iso.datetime();

export const Session = z
  .object({
    id: z.string(),
    signedInWith: z.enum(["clerk", "local"]).openapi({ description: "`local`: a one-time link of this installation." }),
    memberId: z.string(),
    email: z.string().nullable(),
    name: z.string().nullable(),
    role: z.enum(roles).openapi({ description: "What holds now: the lesser of the session's and the member's." }),
    scopes: z.array(z.enum(scopes)),
    organization: z.object({ id: z.string(), name: z.string(), plan: z.enum(planNames), environment: z.enum(["live", "test"]) }),
    since: Time,
    until: Time.openapi({ description: "When it ends at the latest. A local session ends before, after an hour without a request." }),
  })
  .openapi("Session");
export type SessionView = z.input<typeof Session>;

export const EndedSession = z.object({ id: z.string(), ended: z.literal(true) }).openapi("EndedSession");
