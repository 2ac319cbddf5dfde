import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { failDatabase, ownerSees, roundTrips } from "../../support/harness.ts";
import { policyTerms } from "../../support/grants.ts";
import { approve, ledgerStub, newProduction, passDeadline, type Invoking } from "../../support/invocations.ts";
import { signInAs } from "../../support/people.ts";

const refund = { orderId: "o-1", amount: 5 };
const key = { "idempotency-key": "k" };

afterEach(() => void vi.restoreAllMocks());

const invocationsOf = ({ org }: Invoking) =>
  ownerSees("select id, status, effect, receipt_id, settled_by from invocations where org_id = $1 order by created_at", org.orgId);
const receiptsOf = ({ org }: Invoking) =>
  ownerSees("select about, action, disposition, effect from receipts where org_id = $1 order by number", org.orgId);

/** A call whose upstream acted, and of which nothing could be written but the first `skip` transactions. */
async function newLost(
  wish: Parameters<typeof newProduction>[0] = {},
  before = async (_some: Invoking): Promise<void> => undefined,
  skip = 1,
) {
  const some = await newProduction(wish);
  await before(some);
  const used = (await invocationsOf(some)).length;
  // The gate has read the key, so that the next transactions are the call's own.
  await some.asAgent("GET", "/v1/invocations");
  await failDatabase(some.org.orgId, "down", 1_000, skip);
  const answer = await some.invoke(refund, key);
  await failDatabase(some.org.orgId, "none");
  expect((await some.sent()).acted).toHaveLength(1);
  expect(await invocationsOf(some)).toHaveLength(used);
  return { some, answer };
}

describe("a call of which nothing could be written once the upstream had acted", () => {
  it("is told to be in doubt, is never sent again under its key, and is receipted once by the ledger's alarm", async () => {
    const { some, answer } = await newLost();
    expect([answer.status, answer.body.code]).toEqual([409, "invocation_in_doubt"]);
    const [{ message: invocationId }] = answer.body.errors;
    const again = await some.invoke(refund, key);
    expect([again.status, again.body.code, again.body.errors[0].message]).toEqual([409, "invocation_in_doubt", invocationId]);
    await passDeadline(some);
    await passDeadline(some);
    expect(await invocationsOf(some)).toMatchObject([{ id: invocationId, status: "unknown", effect: "unknown" }]);
    expect(await receiptsOf(some)).toEqual([{ about: invocationId, action: "grant.invoke", disposition: "errored", effect: "unknown" }]);
    const [event] = await ownerSees(
      "select actor, resource from audit_events where org_id = $1 and action = 'invocation.recovered'",
      some.org.orgId,
    );
    expect(event).toEqual({ actor: "system:grants", resource: invocationId });
    expect((await some.asAgent("GET", `/v1/invocations/${invocationId}`)).body).toMatchObject({
      status: "unknown",
      input: refund,
      reasons: ["allowed_by_rule"],
    });
    expect((await some.invoke(refund, key)).body.code).toBe("invocation_in_doubt");
    expect((await some.sent()).acted).toHaveLength(1);
  });

  it("leaves the approval that it used up with an unknown effect", async () => {
    const terms = policyTerms({ id: "ask", effect: "require_approval", when: "true" });
    const { some } = await newLost({ terms }, async (asking) => approve(asking, await asking.invoke(refund)), 2);
    await passDeadline(some);
    const [approval] = await ownerSees("select status, effect from approvals where org_id = $1", some.org.orgId);
    expect(approval).toEqual({ status: "consumed", effect: "unknown" });
    expect((await invocationsOf(some)).map(({ status }) => status)).toEqual(["pending", "unknown"]);
  });

  it("is not said to rest on an approval that it had and did not need", async () => {
    const terms = policyTerms(
      { id: "first", effect: "require_approval", when: "counters.lastMinute == 0.0" },
      { id: "then", effect: "allow", when: "counters.lastMinute > 0.0" },
    );
    const { some } = await newLost({ terms }, async (asking) => approve(asking, await asking.invoke(refund)));
    await passDeadline(some);
    const [, lost] = await ownerSees(
      "select status, reasons, approval_id from invocations where org_id = $1 order by created_at",
      some.org.orgId,
    );
    expect(lost).toEqual({ status: "unknown", reasons: ["allowed_by_rule"], approval_id: null });
  });

  it("is not written twice where only the answer of the write was lost: its row says what came of it", async () => {
    const some = await newProduction();
    await some.asAgent("GET", "/v1/invocations");
    await failDatabase(some.org.orgId, "after_commit", 1, 1);
    expect((await some.invoke(refund, key)).body.code).toBe("invocation_in_doubt");
    await failDatabase(some.org.orgId, "none");
    // The row was written, with its answer: that is what a repetition gets.
    const again = await some.invoke(refund, key);
    expect([again.status, again.body.status]).toEqual([200, "executed"]);
    await passDeadline(some);
    expect(await invocationsOf(some)).toMatchObject([{ status: "executed", effect: "confirmed" }]);
    expect(await receiptsOf(some)).toHaveLength(1);
    const standing = await some.operator.call("GET", `/v1/grants/${some.grantId}`);
    expect(standing.body).toMatchObject({ unsettled: 0, usage: { production: { total: 1 } } });
    // The ledger has forgotten the key by now, and the gate was never told: the stored answer alone stands before the upstream.
    await runInDurableObject(
      env.GATE.get(env.GATE.idFromName(some.org.orgId)),
      (_gate, { storage }) => void storage.sql.exec("delete from idempotency"),
    );
    expect((await some.invoke(refund, key)).body).toEqual(again.body);
    expect((await some.sent()).acted).toHaveLength(1);
  });

  it("waits for the database, where that is away when the alarm comes", async () => {
    const { some } = await newLost();
    await failDatabase(some.org.orgId, "down", 1);
    await passDeadline(some);
    expect(await invocationsOf(some)).toEqual([]);
    await failDatabase(some.org.orgId, "none");
    await passDeadline(some);
    expect(await invocationsOf(some)).toHaveLength(1);
  });
});

/** A use of an approval of which the write that uses it up fails, before or after it was committed. */
async function newUnused(mode: "down" | "after_commit", isTold = true) {
  const some = await newProduction({ terms: policyTerms({ id: "ask", effect: "require_approval", when: "true" }) });
  await approve(some, await some.invoke(refund));
  await some.asAgent("GET", "/v1/invocations");
  await failDatabase(some.org.orgId, mode, 1, 1);
  const answer = isTold ? await some.invoke(refund, key) : await untold(() => some.invoke(refund, key));
  await failDatabase(some.org.orgId, "none");
  expect([answer.status, answer.body.code]).toEqual([503, "unavailable"]);
  expect((await some.sent()).calls).toEqual([]);
  return some;
}

/** Does it while the ledger hears nothing of what was not sent, as where the process dies. */
async function untold<T>(work: () => Promise<T>): Promise<T> {
  const unsent = vi.fn(() => Promise.reject(new Error("lost")));
  const find = env.GRANT_LEDGER.get.bind(env.GRANT_LEDGER);
  const get = vi.spyOn(env.GRANT_LEDGER, "get").mockImplementation((id) => {
    const real = find(id);
    const propose = (...args: Parameters<typeof real.propose>) => real.propose(...args);
    return new Proxy(real, { get: (_, name) => new Map<PropertyKey, unknown>(Object.entries({ propose, unsent })).get(name) });
  });
  try {
    const done = await work();
    expect(unsent).toHaveBeenCalledTimes(1);
    return done;
  } finally {
    get.mockRestore();
  }
}

describe("a use of an approval whose write lost its answer", () => {
  const approvalOf = async ({ org }: Invoking) =>
    (await ownerSees("select status, effect from approvals where org_id = $1 order by created_at", org.orgId))[0];
  const recovered = async (some: Invoking) => {
    await passDeadline(some);
    const [, invocation] = await invocationsOf(some);
    const { unsettled, counters } = await ledgerStub(some).standing();
    return [invocation?.["status"], unsettled, counters.production.total];
  };

  it("is receipted as failed, and gives its budget back: nothing was sent, and the approval is as it was", async () => {
    const some = await newUnused("down");
    expect(await recovered(some)).toEqual(["failed", 0, 0]);
    expect((await receiptsOf(some)).at(-1)).toMatchObject({ disposition: "errored", effect: "attempted" });
    expect(await approvalOf(some)).toEqual({ status: "approved", effect: null });
    const again = await some.invoke(refund, key);
    expect(again.body).toMatchObject({ status: "executed", reasons: ["approved"] });
    expect((await some.sent()).calls).toHaveLength(1);
  });

  it("says so of the approval too, where that was used up", async () => {
    const some = await newUnused("after_commit");
    expect(await approvalOf(some)).toEqual({ status: "consumed", effect: null });
    expect(await recovered(some)).toEqual(["failed", 0, 0]);
    expect(await approvalOf(some)).toEqual({ status: "consumed", effect: "failed" });
  });

  it("may be repeated under its key at once", async () => {
    const some = await newUnused("down");
    expect((await some.invoke(refund, key)).body.status).toBe("executed");
    const used = await newUnused("after_commit");
    expect((await used.invoke(refund, key)).body.status).toBe("pending");
    expect(await recovered(some)).toEqual(["failed", 0, 1]);
    expect((await some.sent()).calls).toHaveLength(1);
  });

  it("is known by the approval, where nobody could say that nothing was sent", async () => {
    const some = await newUnused("down", false);
    expect(await recovered(some)).toEqual(["failed", 0, 0]);
    const used = await newUnused("after_commit", false);
    expect(await recovered(used), "it may have been sent").toEqual(["unknown", 1, 1]);
    expect(await approvalOf(used)).toEqual({ status: "consumed", effect: "unknown" });
  });
});

describe("settling an unknown effect", () => {
  const newUnknown = async () => {
    const some = await newProduction({ behaviour: "boom", grant: { budget: { count: { total: 1 } } } });
    const { invocationId } = (await some.invoke(refund, key)).body;
    return { some, path: `/v1/invocations/${invocationId}/settle`, invocationId, person: await signInAs(some.org, "operator") };
  };
  const usage = async ({ operator, grantId }: Invoking) => {
    const { body } = await operator.call("GET", `/v1/grants/${grantId}`);
    return [body.unsettled, body.usage.production.total];
  };

  it("is a person's decision: it is receipted, and the budget is used or given back", async () => {
    const { some, path, invocationId, person } = await newUnknown();
    expect(await usage(some)).toEqual([1, 1]);
    const settled = await person.call("POST", path, { effect: "failed" });
    expect(settled.status, settled.text).toBe(200);
    expect(settled.body).toMatchObject({ status: "failed", effect: "failed", settled: { by: `member:${person.memberId}` } });
    expect(await roundTrips(settled.requestId)).toBe(2);
    expect(await usage(some)).toEqual([0, 0]);
    expect((await receiptsOf(some)).at(-1)).toEqual({
      about: invocationId,
      action: "invocation.settle",
      disposition: "errored",
      effect: "attempted",
    });
    expect((await some.invoke(refund)).body.status).toBe("unknown");
  });

  it("is done once: the same again tells the ledger alone, and another word is refused", async () => {
    const { some, path, person } = await newUnknown();
    expect((await person.call("POST", path, { effect: "confirmed" })).body.status).toBe("executed");
    expect((await person.call("POST", path, { effect: "confirmed" })).status).toBe(200);
    expect((await person.call("POST", path, { effect: "failed" })).status).toBe(409);
    expect(await receiptsOf(some)).toHaveLength(2);
    expect(await usage(some)).toEqual([0, 1]);
    expect((await some.invoke(refund)).body).toMatchObject({ status: "denied", reasons: ["count_exceeded"] });
  });

  it("never lets the request's key send it again, whatever was settled", async () => {
    const { some, path, person } = await newUnknown();
    await person.call("POST", path, { effect: "failed" });
    await some.invoke(refund, key);
    expect((await some.sent()).calls).toHaveLength(1);
  });

  it("is refused of what is known", async () => {
    const some = await newProduction();
    const { invocationId } = (await some.invoke(refund)).body;
    const person = await signInAs(some.org, "operator");
    expect((await person.call("POST", `/v1/invocations/${invocationId}/settle`, { effect: "failed" })).status).toBe(409);
  });
});

describe("a grant's ledger that is away", () => {
  it("is a 503: nothing is sent, and nothing is written", async () => {
    const some = await newProduction();
    const get = vi.spyOn(env.GRANT_LEDGER, "get").mockImplementation(() => {
      throw new Error("away");
    });
    expect((await some.invoke(refund)).status).toBe(503);
    get.mockRestore();
    expect((await some.sent()).calls).toEqual([]);
    expect(await invocationsOf(some)).toEqual([]);
    expect(await ledgerStub(some).standing()).toMatchObject({ unsettled: 0 });
  });

  it("that was asked and lost its answer holds nothing for a call that was never sent", async () => {
    const some = await newProduction();
    const find = env.GRANT_LEDGER.get.bind(env.GRANT_LEDGER);
    const reserved: boolean[] = [];
    vi.spyOn(env.GRANT_LEDGER, "get").mockImplementation((id) => {
      const real = find(id);
      const propose = async (...args: Parameters<typeof real.propose>) => {
        reserved.push((await real.propose(...args)).reserved);
        throw new Error("lost");
      };
      return new Proxy(real, { get: (target, name) => (name === "propose" ? propose : Reflect.get(target, name)) });
    });
    expect((await some.invoke(refund)).status).toBe(503);
    vi.restoreAllMocks();
    expect(reserved).toEqual([true]);
    expect((await some.sent()).calls).toEqual([]);
    await expect.poll(async () => (await ledgerStub(some).standing()).unsettled).toBe(0);
  });
});
