import type { z } from "@hono/zod-openapi";
import type { JsonValue } from "../../crypto/canonical-json.ts";
import { jsonDigest } from "../../crypto/digest.ts";
import type { CheckKind } from "../../db/schema/pacts.ts";
import type { WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { newId } from "../../platform/ids.ts";
import type { Announcement } from "../../webhooks/event-schemas.ts";
import { brokenConditions, checkObservation, judge, type Compliance } from "./compliance.ts";
import { toPactCheck, type NewCheckRow } from "./pact-check.ts";
import type { PactRow } from "./pact.ts";
import { requirePact } from "./require-pact.ts";
import type { PactCheckView, VerifyBody } from "./schemas.ts";
import { insertCheck, selectPact } from "./store.ts";

/** Checks what a caller reports of one answer against every condition of an active pact. Audited whether it passes or fails. */
export async function verifyPact(
  { tenant, principal, now }: WriteContext<"pact.verified">,
  pactId: string,
  report: z.output<typeof VerifyBody>,
): Promise<PactCheckView> {
  const [[found]] = await tenant.read((db) => [selectPact(db, pactId)]);
  const pact = requirePact(principal, found);
  const row = await checkRow(pact, "verify", { report, compliance: checkObservation(pact.conditions, report), now });
  const view = toPactCheck(row);
  const event = {
    action: "pact.verified",
    resource: pactId,
    change: changeOf(row),
    answer: view,
    announces: violationOf(pact, row),
  } as const;
  await tenant.write(event, (db) => [insertCheck(db, row)]);
  return view;
}

type Checked = { readonly report: JsonValue; readonly compliance: Compliance; readonly now: Date };

/** The check as it is kept, of an active pact. What was reported stays with the caller: its digest is kept. */
export async function checkRow(
  { id: pactId, state, digest }: PactRow,
  kind: CheckKind,
  { report, compliance: { compliant, results }, now }: Checked,
): Promise<NewCheckRow> {
  if (state !== "active" || digest === null) throw problem("state_conflict", `the pact is ${state}`);
  const reportDigest = await jsonDigest(report);
  return { id: newId("pactCheck"), pactId, pactDigest: digest, kind, compliant, results, reportDigest, createdAt: now };
}

/** What a check adds to the log. */
export const changeOf = (row: NewCheckRow): JsonValue => {
  const { id: checkId, pactDigest, reportDigest, compliant } = row;
  return { checkId, pactDigest, reportDigest, compliant, violations: toPactCheck(row).violations };
};

/** `pact.violated`, where a check found that a condition was not kept which is no mere information. */
export function violationOf({ agentId }: PactRow, { id: checkId, pactId, pactDigest, results }: NewCheckRow): readonly Announcement[] {
  const conditions = brokenConditions(judge(results).violations.map(({ conditionId: id, severity }) => ({ id, severity })));
  if (conditions.length === 0) return [];
  return [{ type: "pact.violated", data: { pactId, pactDigest, agentId, checkId, runId: null, conditions } }];
}
