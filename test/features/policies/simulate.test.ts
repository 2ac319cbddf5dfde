import { describe, expect, it } from "vitest";
import { policyTerms } from "../../support/grants.ts";
import { ownerSees, roundTrips } from "../../support/harness.ts";
import { newInvoking, type Invoking } from "../../support/invocations.ts";
import { callApi } from "../../support/organization.ts";

const small = { id: "small", effect: "allow", when: "arguments.amount < 10.0" };
const large = { id: "large", effect: "require_approval", when: "arguments.amount >= 10.0 && arguments.amount < 100.0" };

/** A grant with three decisions: 5 is allowed, 50 asked for, 500 denied. */
async function newHistory(): Promise<Invoking & { readonly ids: Readonly<Record<number, string>> }> {
  const invoking = await newInvoking({ terms: policyTerms(small, large) });
  const ids: Record<number, string> = {};
  for (const amount of [5, 50, 500]) ids[amount] = (await invoking.invoke({ orderId: "o-1", amount })).body.invocationId;
  return { ...invoking, ids };
}

const simulate = ({ org, policyId }: Invoking, body: object) => org.call("POST", `/v1/policies/${policyId}/simulate`, body);

describe("simulating a candidate", () => {
  it("finds nothing changed by the version that decided", async () => {
    const history = await newHistory();
    const answer = await simulate(history, { version: 1 });
    expect([answer.status, await roundTrips(answer.requestId)]).toEqual([200, 1]);
    const tally = { allow: 1, deny: 1, require_approval: 1 };
    expect(answer.body).toMatchObject({
      version: 1,
      counts: { recorded: 3, unchanged: 3, changed: 0, undecided: 0 },
      before: tally,
      after: tally,
    });
    expect([answer.body.changed, answer.body.undecided]).toEqual([[], []]);
  });

  it("shows each decision that would be another one, with the rules of both", async () => {
    const history = await newHistory();
    const never = { id: "never", effect: "deny", when: "arguments.amount == 50.0" };
    const answer = await simulate(history, { terms: policyTerms({ id: "all", effect: "allow", when: "true" }, never) });
    expect(answer.body.counts).toEqual({ recorded: 3, unchanged: 1, changed: 2, undecided: 0 });
    expect([answer.body.before, answer.body.after]).toEqual([
      { allow: 1, deny: 1, require_approval: 1 },
      { allow: 2, deny: 1, require_approval: 0 },
    ]);
    expect(answer.body.version).toBeNull();
    expect(answer.body.changed).toEqual([
      {
        ...{
          invocationId: history.ids[500],
          grantId: history.grantId,
          mode: "simulation",
          policyVersion: 1,
          decidedAt: expect.any(String),
        },
        before: { decision: "deny", reasons: ["no_rule_matched"], ruleIds: [] },
        after: { decision: "allow", reasons: ["allowed_by_rule"], ruleIds: ["all"] },
      },
      {
        ...{ invocationId: history.ids[50], grantId: history.grantId, mode: "simulation", policyVersion: 1, decidedAt: expect.any(String) },
        before: { decision: "require_approval", reasons: ["approval_required"], ruleIds: ["large"] },
        after: { decision: "deny", reasons: ["denied_by_rule"], ruleIds: ["never"] },
      },
    ]);
  });

  it("leaves what the schema refuses refused", async () => {
    const invoking = await newInvoking({ terms: policyTerms(small) });
    await invoking.invoke({ orderId: "o-1", amount: "much" });
    const { body } = await simulate(invoking, { terms: policyTerms() });
    expect(body.counts).toEqual({ recorded: 1, unchanged: 1, changed: 0, undecided: 0 });
  });

  it("counts apart what it cannot read, and not as unchanged", async () => {
    const history = await newHistory();
    await ownerSees(`do $$ begin perform set_config('session_replication_role', 'replica', true);
      update invocations set sealed_input = 'AAAA' where id = '${history.ids[5]}'; end $$`);
    const { body } = await simulate(history, { version: 1 });
    expect(body.counts).toEqual({ recorded: 3, unchanged: 2, changed: 0, undecided: 1 });
    expect(body.undecided).toEqual([{ invocationId: history.ids[5], reason: "input_unreadable" }]);
    expect(body.before).toEqual({ allow: 0, deny: 1, require_approval: 1 });
  });

  it("looks at the newest, as many as asked for, of one grant or of all", async () => {
    const history = await newHistory();
    const newest = await simulate(history, { terms: policyTerms(), limit: 1 });
    expect(newest.body.changed.map(({ invocationId }: { invocationId: string }) => invocationId)).toEqual([history.ids[500]]);
    expect((await simulate(history, { version: 1, grantId: history.grantId })).body.counts.recorded).toBe(3);
    expect((await simulate(history, { version: 1, grantId: "grt_0000000000000000000000" })).body.counts.recorded).toBe(0);
  });

  it("writes nothing, and logs nothing", async () => {
    const history = await newHistory();
    const state = () =>
      ownerSees(
        `select (select count(*)::int from audit_events where org_id = $1) as events, (select sum(revision)::int from invocations where org_id = $1) as revisions,
                (select revision from policies where org_id = $1 and id = $2) as policy, (select count(*)::int from policy_versions where org_id = $1) as versions`,
        history.org.orgId,
        history.policyId,
      );
    const before = await state();
    expect((await simulate(history, { terms: policyTerms() })).status).toBe(200);
    expect(await state()).toEqual(before);
  });

  it("is for whoever may read what agents asked for: an answer about each call tells what was in it", async () => {
    const { org, policyId } = await newHistory();
    const asks = async (scopes: readonly string[]) => {
      const made = await org.call("POST", "/v1/keys", { name: "policies", scopes });
      const headers = { authorization: `Bearer ${made.body.key}`, "cf-connecting-ip": org.address };
      return callApi("POST", `/v1/policies/${policyId}/simulate`, { version: 1 }, headers);
    };
    const needed = ["policies:write", "grants:read", "approvals:read"];
    expect((await asks(needed)).status).toBe(200);
    for (const missing of needed) {
      const answer = await asks(needed.filter((scope) => scope !== missing));
      expect([answer.status, answer.body.code], missing).toEqual([403, "forbidden"]);
    }
  });

  it.each([
    ["neither a version nor terms", {}, "body"],
    ["both", { version: 1, terms: policyTerms() }, "body"],
    ["a version that there is not", { version: 9 }, "body.version"],
    ["terms that do not fit", { terms: policyTerms({ ...small, when: "arguments.sum > 1" }) }, "body.terms.rules.0.when"],
    ["more than 200", { version: 1, limit: 201 }, "body.limit"],
  ])("is refused with %s", async (_, body, path) => {
    const answer = await simulate(await newInvoking(), body);
    expect(answer.status).toBe(400);
    expect(answer.body.errors.map((error: { path: string }) => error.path)).toEqual([path]);
  });
});
