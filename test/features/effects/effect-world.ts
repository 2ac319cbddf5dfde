import { env } from "cloudflare:workers";
import { vi } from "vitest";
import { openSystemDb } from "../../../src/access/system-principal.ts";
import { selectKeyHistory } from "../../../src/access/current-signer.ts";
import { capabilities } from "../../../src/db/schema/capabilities.ts";
import { grants } from "../../../src/db/schema/grants.ts";
import { invocations } from "../../../src/db/schema/invocations.ts";
import { policies } from "../../../src/db/schema/policies.ts";
import { requireEnvironment } from "../../../src/env.ts";
import { countEffects } from "../../../src/features/effects/index.ts";
import { planReceipt, selectReceiptHead, type ReceiptFacts } from "../../../src/features/receipts/index.ts";
import type { JudgedCondition } from "../../../src/grants/invocation.ts";
import { newId } from "../../../src/platform/ids.ts";
import { createOrganization, type TestOrganization } from "../../support/organization.ts";
import { createAgent } from "../scores/score-world.ts";
import { digestOf } from "../scores/make-evidence.ts";

// Calls as the invoke verb leaves them, row by row, so that each kind of them can be had, and many.

export const environment = requireEnvironment(env);
const tenantOf = (orgId: string) => openSystemDb(environment, orgId, "system:test");

/** A sweep whose own time does not run out, however slow the machine is. */
export async function sweepEffects(): Promise<number> {
  vi.useFakeTimers({ toFake: ["Date"] });
  return countEffects(environment, new Date()).finally(() => vi.useRealTimers());
}

/** Counts what other tests have left uncounted: a sweep takes a hundred agents of the database that all share, in no order. */
export async function countWhatIsLeft(): Promise<void> {
  let counted: number;
  do counted = await sweepEffects();
  while (counted > 0);
}

export type EffectWorld = {
  readonly org: TestOrganization;
  readonly agentId: string;
  readonly capabilityId: string;
  readonly policyId: string;
  readonly grantId: string;
};

/** An agent with a grant of one capability. */
export async function openWorld(given?: { readonly org: TestOrganization; readonly agentId: string }): Promise<EffectWorld> {
  const org = given?.org ?? (await createOrganization());
  const agentId = given?.agentId ?? (await createAgent(org));
  const [capabilityId, policyId, grantId] = [newId("capability"), newId("policy"), newId("grant")];
  const at = new Date();
  const kept = { revision: 1, createdAt: at, updatedAt: at };
  const { orgId } = org;
  const name = capabilityId;
  await tenantOf(orgId).write({ action: "grant.created", resource: grantId, change: null, answer: null }, ({ orm }) => [
    orm.insert(capabilities).values({
      orgId,
      id: capabilityId,
      name,
      description: "",
      kind: "http",
      status: "active",
      version: 1,
      credentialVersion: 0,
      ...kept,
    }),
    orm.insert(policies).values({ orgId, id: policyId, capabilityId, name, activation: 0, latestVersion: 1, ...kept }),
    orm.insert(grants).values({
      ...{ orgId, id: grantId, agentId, capabilityId, policyId, toolName: name.toLowerCase(), budget: {}, ratePerMinute: 60 },
      ...{ status: "active", createdBy: "system:test", ...kept },
    }),
  ]);
  return { org, agentId, capabilityId, policyId, grantId };
}

type Row = typeof invocations.$inferInsert;
export type Call = Partial<Pick<Row, "mode" | "decision" | "reasons" | "status" | "effect" | "settledBy" | "settledAt" | "createdAt">> & {
  readonly pactChecks?: readonly JudgedCondition[];
  readonly facts?: Partial<ReceiptFacts>;
};

/** A call in production whose effect was confirmed, unless said otherwise. */
export const confirmed: Call = {
  mode: "production",
  decision: "allow",
  reasons: ["allowed_by_rule"],
  status: "executed",
  effect: "confirmed",
};
export const denied = (...reasons: NonNullable<Row["reasons"]>): Call => ({
  ...{ mode: "production", decision: "deny", reasons, status: "denied", effect: null },
});

const happened = ({ mode = "production", status, facts }: Call, id: string): ReceiptFacts => ({
  action: { name: "grant.invoke", digest: digestOf(1) },
  about: id,
  mode,
  policy: null,
  approval: null,
  ...(status === "executed" && mode === "production"
    ? ({ disposition: "executed", effect: "confirmed" } as const)
    : ({ disposition: "denied", effect: null } as const)),
  outcome: null,
  intent: null,
  ...facts,
});

function rowOf(call: Call) {
  const { facts: _, ...row } = call;
  return row;
}

/** Receipts and invocations, in one write. Gives the invocations' ids with their receipts. */
export async function leaveCalls(world: EffectWorld, calls: readonly Call[]) {
  const { org, agentId, capabilityId, policyId, grantId } = world;
  const tenant = tenantOf(org.orgId);
  const [[found], [keyHistory]] = await tenant.read((db) => [selectReceiptHead(db, agentId), selectKeyHistory(db)]);
  if (found === undefined) throw new Error("no agent");
  let head = found;
  const left: { id: string; call: Call; plan: Awaited<ReturnType<typeof planReceipt>>; now: Date }[] = [];
  const startedMs = Date.now();
  for (const [index, call] of calls.entries()) {
    const id = newId("invocation");
    const now = new Date(startedMs + index);
    const plan = await planReceipt({ env: environment, tenant, now }, { head, keyHistory }, happened(call, id), null);
    head = { ...head, number: plan.view.number, digest: plan.view.digest };
    left.push({ id, call, plan, now });
  }
  await tenant.write({ action: "grant.invoked", resource: grantId, change: null, answer: null }, (db) => [
    ...left.flatMap(({ plan }) => plan.statements(db)),
    ...left.map(({ id, call, plan, now }) =>
      db.orm.insert(invocations).values({
        ...{ orgId: org.orgId, id, grantId, agentId, capabilityId, policyId, policyVersion: 1, ruleIds: [], basis: digestOf(2) },
        ...{
          requestDigest: digestOf(3),
          actionDigest: digestOf(1),
          receiptId: plan.view.id,
          costMicros: 0,
          budgetShare: 0,
          sealedInput: "",
        },
        ...{ mode: "production", decision: "allow", reasons: [], status: "executed", effect: null, revision: 1, createdAt: now },
        ...rowOf(call),
      }),
    ),
  ]);
  return left.map(({ id, plan }) => ({ id, receipt: plan.view }));
}
