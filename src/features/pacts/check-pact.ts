import type { z } from "@hono/zod-openapi";
import type { JsonValue } from "../../crypto/canonical-json.ts";
import { jsonDigest } from "../../crypto/digest.ts";
import type { CheckKind } from "../../db/schema/pacts.ts";
import type { WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { newId } from "../../platform/ids.ts";
import { checkCall, checkObservation, type Compliance } from "./compliance.ts";
import { toPactCheck } from "./pact-check.ts";
import type { PactRow } from "./pact.ts";
import { requirePact } from "./require-pact.ts";
import type { PactCheckView, ValidateCallBody, VerifyBody } from "./schemas.ts";
import { insertCheck, selectPact } from "./store.ts";

/** Checks what a caller reports of one answer against every condition of an active pact. Audited whether it passes or fails. */
export function verifyPact(
  context: WriteContext<"pact.verified">,
  pactId: string,
  report: z.output<typeof VerifyBody>,
): Promise<PactCheckView> {
  return check(context, { action: "pact.verified", kind: "verify", pactId, report }, ({ conditions }) =>
    checkObservation(conditions, report),
  );
}

/** Checks a tool call before it is made. Only `compliant: true` says that the pact allows it. */
export function validateCall(
  context: WriteContext<"pact.call_validated">,
  pactId: string,
  call: z.output<typeof ValidateCallBody>,
): Promise<PactCheckView> {
  return check(context, { action: "pact.call_validated", kind: "validate_call", pactId, report: call }, ({ conditions }) =>
    checkCall(conditions, call),
  );
}

type CheckAction = "pact.verified" | "pact.call_validated";
type Asked<A extends CheckAction> = { action: A; kind: CheckKind; pactId: string; report: JsonValue };

async function check<A extends CheckAction>(
  { tenant, principal, now }: WriteContext<A>,
  { action, kind, pactId, report }: Asked<A>,
  judge: (pact: PactRow) => Compliance,
): Promise<PactCheckView> {
  const [[found]] = await tenant.read((db) => [selectPact(db, pactId)]);
  const pact = requirePact(principal, found);
  if (pact.state !== "active" || pact.digest === null) throw problem("state_conflict", `the pact is ${pact.state}`);
  const { compliant, results } = judge(pact);
  const reportDigest = await jsonDigest(report);
  const row = { id: newId("pactCheck"), pactId, pactDigest: pact.digest, kind, compliant, results, reportDigest, createdAt: now };
  const view = toPactCheck(row);
  const change = { checkId: row.id, pactDigest: row.pactDigest, reportDigest, compliant, violations: view.violations };
  await tenant.write({ action, resource: pactId, change, answer: view }, (db) => [insertCheck(db, row)]);
  return view;
}
