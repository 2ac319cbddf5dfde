import { describe, expect, it } from "vitest";
import { newWrappedDataKey, openSealedBox, parseKeyRing } from "../../../src/crypto/sealed-box.ts";
import { replayAll } from "../../../src/features/policies/replay.ts";
import { workPerDecision } from "../../../src/policies/decide.ts";
import type { RecordedInput } from "../../../src/grants/recorded-input.ts";
import type { PolicyTerms } from "../../../src/policies/policy.ts";
import { allow, ask, deny, payment, policyOf } from "../../policies/facts.ts";

const ring = parseKeyRing(`k1:${btoa("0".repeat(32))}`);
if (ring === undefined) throw new Error("no key ring");
const keys = ring;
const box = openSealedBox(keys, "org_1", await newWrappedDataKey(keys, "org_1"));

const input: RecordedInput = { format: 1, facts: payment, findings: [], approved: false, budget: {}, ratePerMinute: 60 };
let made = 0;

type Row = Parameters<typeof replayAll>[1][number];
async function recorded(recording: unknown, row: Partial<Row> = {}): Promise<Row> {
  const id = row.id ?? `inv_${(made += 1)}`;
  return {
    id,
    grantId: payment.grant.id,
    mode: "production",
    policyVersion: 1,
    decision: "allow",
    reasons: ["allowed_by_rule"],
    ruleIds: ["all"],
    sealedInput: await box.seal({ table: "invocations", row: id, field: "sealed_input" }, JSON.stringify(recording)),
    createdAt: new Date(0),
    ...row,
  };
}

const effectsOf = async (terms: PolicyTerms, ...rows: readonly Row[]) =>
  (await replayAll(box, rows, terms)).map((replay) =>
    "after" in replay ? [replay.after.effect, ...replay.after.reasons] : [replay.undecided],
  );

describe("trying a candidate on what was recorded", () => {
  it("decides over the arguments, counters and time as they were", async () => {
    const row = await recorded(input);
    expect(await effectsOf(policyOf(allow("arguments.amount == 12.5 && counters.total == 10.0 && time.hour == 12.0")), row)).toEqual([
      ["allow", "allowed_by_rule"],
    ]);
    expect(await effectsOf(policyOf(allow("true"), deny("counters.costMicros > 1000000")), row)).toEqual([["deny", "denied_by_rule"]]);
  });

  it("leaves standing what spoke against it beside the policy", async () => {
    const found = await recorded({ ...input, findings: ["pact_violated"] }, { decision: "deny", reasons: ["grant_revoked"], ruleIds: [] });
    const later = await recorded(input, { decision: "deny", reasons: ["capability_drifted"], ruleIds: [] });
    expect(await effectsOf(policyOf(allow("true")), found, later)).toEqual([
      ["deny", "pact_violated", "grant_revoked"],
      ["deny", "capability_drifted"],
    ]);
  });

  it("takes away what was due to the policy alone", async () => {
    const rows = await Promise.all(
      (["denied_by_rule", "no_rule_matched", "policy_error", "policy_inactive"] as const).map((reason) =>
        recorded({ ...input, findings: reason === "policy_inactive" ? [reason] : [] }, { decision: "deny", reasons: [reason] }),
      ),
    );
    expect(await effectsOf(policyOf(allow("true")), ...rows)).toEqual(rows.map(() => ["allow", "allowed_by_rule"]));
  });

  it("holds to the limits what another policy denied before they were looked at", async () => {
    const row = await recorded({ ...input, budget: { count: { total: 10 } } }, { decision: "deny", reasons: ["denied_by_rule"] });
    expect(await effectsOf(policyOf(allow("true")), row)).toEqual([["deny", "count_exceeded"]]);
  });

  it("counts an approval that stood behind it for a candidate that asks for one", async () => {
    const row = await recorded({ ...input, approved: true }, { decision: "require_approval", reasons: ["approved"] });
    expect(await effectsOf(policyOf(ask("true")), row)).toEqual([["require_approval", "approved"]]);
    expect(await effectsOf(policyOf(ask("true")), await recorded(input))).toEqual([["require_approval", "approval_required"]]);
  });

  it("asks nobody for what could not be shown, and needs nobody for what it allows", async () => {
    const row = await recorded(input, { decision: "deny", reasons: ["preview_too_large"], ruleIds: [] });
    expect(await effectsOf(policyOf(ask("true")), row)).toEqual([["deny", "preview_too_large"]]);
    expect(await effectsOf(policyOf(allow("true")), row)).toEqual([["allow", "allowed_by_rule"]]);
  });

  it("tells apart what it cannot tell: what does not open, stands elsewhere, or is of another form", async () => {
    const whole = await recorded(input);
    const rows = [
      { ...whole, sealedInput: `${whole.sealedInput.slice(0, -4)}AAAA` },
      { ...whole, id: "inv_elsewhere" },
      await recorded({ ...input, format: 2 }),
      await recorded({ ...input, facts: { ...payment, counters: undefined } }),
      await recorded("nothing"),
    ];
    expect(await effectsOf(policyOf(allow("true")), ...rows)).toEqual(rows.map(() => ["input_unreadable"]));
  });

  it("says so where the work of one request is used up, and blames no decision for it", async () => {
    const rows = await Promise.all([1, 2, 3].map(() => recorded(input)));
    const replays = await replayAll(box, rows, policyOf(allow("arguments.amount > 1")), workPerDecision + 1);
    expect(replays.map((replay) => ("after" in replay ? replay.after.effect : replay.undecided))).toEqual([
      "allow",
      "work_exceeded",
      "work_exceeded",
    ]);
  });
});
