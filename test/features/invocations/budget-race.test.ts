import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { fromBase64Url } from "../../../src/crypto/base64url.ts";
import { ownerSees } from "../../support/harness.ts";
import { newInvoking, newProduction, type Invoking } from "../../support/invocations.ts";

const [many, budgeted] = [200, 40];
/** Of ten units each: the money is gone before the count is. */
const grant = { ratePerMinute: 6_000, budget: { count: { perDay: 60 }, money: { perDay: budgeted * 10_000_000 } } };

const raced = (some: Invoking) => Promise.all(Array.from({ length: many }, (_, n) => some.invoke({ orderId: `o-${n}`, amount: 10 })));

const Chain = z.array(z.object({ number: z.int(), digest: z.string(), statement: z.string(), about: z.string() }));

/** As it stands in the database, in its order, each with what it says of the one before it. */
async function chainOf({ org }: Invoking) {
  const query = "select number, digest, statement, about from receipts where org_id = $1 order by number";
  return Chain.parse(await ownerSees(query, org.orgId)).map(({ statement, ...row }) => ({ ...row, previous: previousIn(statement) }));
}

const previousIn = (statement: string): unknown =>
  JSON.parse(new TextDecoder().decode(fromBase64Url(statement.split(".")[1] ?? "") ?? new Uint8Array())).predicate.previous;

// Neither the day nor anybody's turn at the chain ends, however slow the machine is.
beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
afterEach(() => void vi.useRealTimers());

describe("a budget that two hundred calls race for", () => {
  it.each([
    ["production", newProduction, "executed", budgeted],
    ["simulation", newInvoking, "simulated", 0],
  ] as const)(
    "is spent to the last unit and not beyond, with a receipt of every call in one chain (%s)",
    async (_mode, make, passed, sent) => {
      const some = await make({ grant });
      const answers = await raced(some);
      const counted = Map.groupBy(answers, ({ status, body }) => `${status} ${body.status} ${body.reasons}`);
      expect([...counted].map(([kind, { length }]) => [kind, length]).toSorted()).toEqual([
        ["200 denied budget_exceeded", many - budgeted],
        [`200 ${passed} allowed_by_rule`, budgeted],
      ]);
      const { calls, acted } = await some.sent();
      expect([calls.length, acted.length]).toEqual([sent, sent]);
      const chain = await chainOf(some);
      expect(chain.map(({ number }) => number)).toEqual(answers.map((_, n) => n + 1));
      expect(chain.map(({ previous }) => previous)).toEqual([null, ...chain.slice(0, -1).map(({ digest }) => digest)]);
      expect(new Set(chain.map(({ about }) => about))).toEqual(new Set(answers.map(({ body }) => body.invocationId)));
    },
  );
});
