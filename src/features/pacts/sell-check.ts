import type { z } from "@hono/zod-openapi";
import { enterPublicPact, readAsPublic } from "../../db/read-as-public.ts";
import type { Basics, Quote } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { checkRow } from "./check-pact.ts";
import { checkObservation } from "./compliance.ts";
import { toPactCheck } from "./pact-check.ts";
import type { PactCheckView, VerifyBody } from "./schemas.ts";
import { selectPact } from "./store.ts";

/**
 * Checks what a payer reports against an active pact of a public agent. Nothing of it is kept: whoever pays cannot put anything on an agent's
 * record, for it or against it.
 */
export async function quoteCheck(context: Basics, pactId: string, report: z.output<typeof VerifyBody>): Promise<Quote<PactCheckView>> {
  const { now, requestId } = context;
  const [[pact]] = await readAsPublic(context, enterPublicPact(pactId, requestId), (db) => [selectPact(db, pactId)]);
  if (pact === undefined) throw problem("not_found", "no such pact of a public agent");
  const deliver = async (): Promise<PactCheckView> =>
    toPactCheck(await checkRow(pact, "verify", { report, compliance: checkObservation(pact.conditions, report), now }));
  return { seller: { orgId: pact.orgId, about: pactId }, deliver };
}
