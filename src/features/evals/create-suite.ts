import type { z } from "@hono/zod-openapi";
import { requireWholeOrganization } from "../../access/principal.ts";
import type { WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { newId } from "../../platform/ids.ts";
import { checkSuite } from "./check-suite.ts";
import { isConflict } from "./persist.ts";
import type { SuiteHead } from "./schemas.ts";
import { insertSuite } from "./store.ts";
import type { SuiteDefinition } from "./suite.ts";
import { toSuiteHead } from "./views.ts";

/** Stores a suite for good: it is known by its digest, and what it tests never changes. */
export async function createSuite(
  { tenant, principal, now }: WriteContext<"suite.created">,
  definition: SuiteDefinition,
): Promise<z.input<typeof SuiteHead>> {
  requireWholeOrganization(principal);
  const checked = await checkSuite(definition);
  if (!checked.ok) {
    const errors = checked.errors.map(({ path, message }) => ({ path: `body.${path}`, message }));
    throw problem("invalid_request", "an expression of the suite does not hold", { errors });
  }
  const { name, description = null, floor, cases } = checked.suite;
  const row = { id: newId("suite"), name, description, digest: checked.digest, floor, cases, createdAt: now };
  const view = toSuiteHead({ ...row, caseCount: cases.length }, tenant.orgId);
  try {
    await tenant.write({ action: "suite.created", resource: row.id, change: view, answer: view }, (db) => [insertSuite(db, row)]);
  } catch (thrown) {
    if (!isConflict(thrown)) throw thrown;
    const message = `A suite of this organization has the same cases and floor: digest ${row.digest}.`;
    throw problem("state_conflict", "the digest is taken", { errors: [{ path: "body.cases", message }] });
  }
  return view;
}
