import type { z } from "@hono/zod-openapi";
import { selectKeyHistory } from "../../access/current-signer.ts";
import { pacts } from "../../db/schema/pacts.ts";
import type { WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { selectAgentKeys, type AgentKeyRow } from "../agent-keys/index.ts";
import { judgeIntent, planReceipt, selectReceiptHead, toolCall, writeChained, type ReceiptFacts } from "../receipts/index.ts";
import { changeOf, checkRow, violationOf } from "./check-pact.ts";
import { checkCall } from "./compliance.ts";
import { toPactCheck, type NewCheckRow } from "./pact-check.ts";
import { requirePact } from "./require-pact.ts";
import type { CallCheckView, ValidateCallBody } from "./schemas.ts";
import { fieldOfPact, insertCheck, selectPact } from "./store.ts";

type Context = WriteContext<"pact.call_validated">;
type Call = z.output<typeof ValidateCallBody>;

/** Checks a tool call before it is made, and gives a receipt for the answer. Only `compliant: true` says that the pact allows it. */
export async function validateCall(
  { tenant, principal, env, now }: Context,
  pactId: string,
  { intent, ...call }: Call,
): Promise<CallCheckView> {
  const [[found], [head], [keyHistory], keys] = await tenant.read((db) => [
    selectPact(db, pactId),
    selectReceiptHead(db, fieldOfPact(db.orgId, pactId, pacts.agentId)),
    selectKeyHistory(db),
    selectAgentKeys(db, fieldOfPact(db.orgId, pactId, pacts.agentId)),
  ]);
  const pact = requirePact(principal, found);
  const row = await checkRow(pact, "validate_call", { report: call, compliance: checkCall(pact.conditions, call), now });
  const action = { name: toolCall, digest: row.reportDigest };
  const wanted = intent === undefined ? null : await requireIntent(intent, { agentId: pact.agentId, action }, keys, now);
  return writeChained(head, async (last) => {
    const receipt = await planReceipt({ env, tenant, now }, { head: last, keyHistory }, factsOf(row, action, wanted), changeOf(row));
    const view = { ...toPactCheck(row), receipt: receipt.view };
    const announces = violationOf(pact, row);
    await tenant.write({ action: "pact.call_validated", resource: pactId, change: receipt.change, answer: view, announces }, (db) => [
      insertCheck(db, row),
      ...receipt.statements(db),
    ]);
    return { answer: view, head: receipt.view };
  });
}

type Wanted = Parameters<typeof judgeIntent>[1];

async function requireIntent(compact: string, wanted: Wanted, keys: readonly AgentKeyRow[], now: Date): Promise<ReceiptFacts["intent"]> {
  const verdict = await judgeIntent(compact, wanted, keys, now);
  if (verdict.ok) return verdict.intent;
  throw problem("invalid_request", verdict.message, { errors: [{ path: "body.intent", message: verdict.message }] });
}

/** We decide, and the caller acts: `executed` in a dry run says that it would have been let through, and of what is done then we know nothing. */
function factsOf(
  { id, pactId, pactDigest, compliant }: NewCheckRow,
  action: Wanted["action"],
  intent: ReceiptFacts["intent"],
): ReceiptFacts {
  const shared = { action, about: id, mode: "dry_run", approval: null, outcome: null, intent } as const;
  const policy = { id: pactId, digest: pactDigest };
  if (compliant === null) return { ...shared, policy: { ...policy, decision: "undecided" }, disposition: "blocked", effect: null };
  return compliant
    ? { ...shared, policy: { ...policy, decision: "allow" }, disposition: "executed", effect: "unknown" }
    : { ...shared, policy: { ...policy, decision: "deny" }, disposition: "denied", effect: null };
}
