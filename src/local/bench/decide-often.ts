import { decide } from "../../policies/decide.ts";
import { timeFacts, type DecisionFacts } from "../../policies/facts.ts";
import { PolicyTerms } from "../../policies/policy.ts";

/** What an agent would do, of the size of an order. */
const facts: DecisionFacts = {
  action: { capability: `cap_${"0".repeat(22)}`, kind: "http", method: "POST" },
  arguments: {
    orderId: "order-4711",
    amount: 129.9,
    currency: "EUR",
    note: "The customer received the parcel damaged and asks for the money back.",
    items: Array.from({ length: 5 }, (_, number) => ({ sku: `sku-${number}`, count: number + 1, price: 9.5 })),
    address: { street: "Main Street 1", city: "Springfield", country: "US" },
  },
  agent: { id: `agt_${"0".repeat(22)}`, versionNumber: 3 },
  score: { compositeScore: 812, tier: "gold", confidence: 0.9, status: "scored" },
  grant: { id: `grt_${"0".repeat(22)}`, expiresAt: null },
  counters: { total: 40, today: 3, month: 20, lastMinute: 1, spentTodayMicros: 5, spentMonthMicros: 80, costMicros: 129_900_000 },
  time: timeFacts(new Date(1_767_268_800_000)),
  mode: "production",
};

/** Rules as operators write them. None but the last holds, so that each is evaluated to its end. */
const conditions = [
  (number: number) => `arguments.amount > ${1_000 + number}.0 && counters.today > ${number}.0`,
  (number: number) => `has(arguments.note) && arguments.note.contains("word-${number}")`,
  (number: number) => `score.compositeScore == null || score.compositeScore > ${1_000 + number}`,
  (number: number) => `arguments.items.exists(item, item.count > ${100 + number} || item.sku == "other-${number}")`,
  (number: number) => `mode == "production" && time.hour >= 8 && agent.versionNumber > ${1_000 + number}`,
  (number: number) => `arguments.address.country in ["AQ", "BV", "X${number}"] && arguments.currency != "EUR"`,
];

function policyOf(rules: number, first: number): PolicyTerms {
  const denials = Array.from({ length: rules - 1 }, (_, index) => {
    const condition = conditions[index % conditions.length];
    return { id: `rule-${index}`, effect: "deny" as const, when: condition?.(first + index) ?? "false" };
  });
  return PolicyTerms.parse({ rules: [...denials, { id: "last", effect: "allow", when: `arguments.amount < ${10_000 + first}.0` }] });
}

let policies = 0;

/** Decides so often by a policy of so many rules; with `fresh`, by another one each time, whose rules no decision here had to read before. */
export function decideOften(rules: number, count: number, fresh: boolean): boolean {
  let terms = policyOf(rules, 0);
  for (let number = 0; number < count; number += 1) {
    if (fresh) terms = policyOf(rules, (policies += 1) * rules);
    const { effect, ruleIds } = decide(terms, facts);
    if (effect !== "allow" || ruleIds[0] !== "last") return false;
  }
  return true;
}
