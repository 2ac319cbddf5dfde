import type { pactChecks } from "../../db/schema/pacts.ts";
import { judge } from "./compliance.ts";
import type { PactCheckView } from "./schemas.ts";

export type NewCheckRow = Omit<typeof pactChecks.$inferSelect, "orgId">;

/** A check as its organization sees it. What broke is told again from the results. */
export const toPactCheck = ({ id, pactId, pactDigest, kind, compliant, results, createdAt }: NewCheckRow): PactCheckView => ({
  id,
  pactId,
  pactDigest,
  kind,
  compliant,
  assurance: 0,
  violations: [...judge(results).violations],
  results: results.map((result) => (result.status === "pass" ? result : { ...result, reasons: [...result.reasons] })),
  createdAt: createdAt.toISOString(),
});
