import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkTerms } from "../../src/policies/check-terms.ts";
import { decide } from "../../src/policies/decide.ts";
import { PolicyTerms } from "../../src/policies/policy.ts";
import { allow, argumentsSchema, capability, deny, payment, policyOf } from "./facts.ts";

const issuesOf = (when: string, schema: object = argumentsSchema) => checkTerms(policyOf(allow(when)), capability(schema));
const messageOf = (when: string, schema?: object): string => issuesOf(when, schema)[0]?.message ?? "";

describe("rules that fit the capability", () => {
  it.each([
    "arguments.amount > 5",
    "arguments.amount == 5.0 && arguments.count <= 3",
    "arguments.orderId.startsWith('o-') && arguments.orderId in ['o-1', 'o-2']",
    "has(arguments.note) && arguments.note.contains('thanks')",
    "arguments.tags.exists(tag, tag.matches('^[a-z]+$')) && size(arguments.tags) < 5",
    "arguments.items.all(item, has(item.sku) && item.count > 0)",
    "arguments.items[0].within.within.sku == 'x'",
    "arguments.address.city == 'Bern' && arguments['address']['city'] != ''",
    "arguments.labels.team == 'red' && arguments.labels.all(name, name != '')",
    "arguments.parent == null || arguments.parent == 'p'",
    "arguments.colour == 'red' && arguments.any == 3",
    "arguments.urgent && !arguments.urgent",
    "score.compositeScore != null && score.compositeScore >= 700 && score.tier == 'gold'",
    "grant.expiresAt == null && counters.costMicros != null && counters.costMicros < 5",
    "mode == 'simulation' && time.hour < 18 && agent.versionNumber >= 2 && action.kind == 'http'",
  ])("pass: %s", (when) => expect(issuesOf(when)).toEqual([]));
});

describe("rules that do not", () => {
  it.each([
    ["a property that the arguments do not have", "arguments.amout > 5", /No such key: amout/],
    ["one in brackets", "arguments['amout'] == 5.0", /No such key: amout/],
    ["one within has()", "!has(arguments.forse)", /No such key: forse/],
    ["one of an object within", "arguments.address.street == 'x'", /No such key: street/],
    ["one of an element", "arguments.items.exists(item, item.price > 1)", /No such key: price/],
    ["one of an element within has()", "arguments.items.exists(item, has(item.price))", /No such key: price/],
    ["one that a decision does not have", "counters.yesterday > 1", /No such key: yesterday/],
    ["the agent's name, which whoever holds its key may change", "agent.name == 'Clerk'", /No such key: name/],
    ["a variable that there is not", "argument.amount > 5", /Unknown variable: argument/],
    ["a text compared with a number", "arguments.orderId > 5", /string > int/],
    ["a text that equals a number", "arguments.orderId == 5.0", /string == double/],
    ["a number that equals a text", "arguments.amount == '5'", /double == string/],
    ["a number that equals an integer", "arguments.amount == 5", /Numbers are doubles here: write 5\.0/],
    ["a number plus an integer", "counters.today + 1 > 3", /Numbers are doubles here/],
    ["a text in a list of numbers", "arguments.orderId in [1, 2]", /string in list<int>/],
    ["an element compared with a number", "arguments.tags.exists(tag, tag > 1)", /string > int/],
    ["a text that is never null", "arguments.orderId == null", /string == null/],
    ["a score compared with a text", "score.compositeScore > 'high'", /double> > string/],
    ["a text of null or text compared with a number", "arguments.parent > 3", /string> > int/],
    ["what gives a text", "arguments.orderId", /gives string, not bool/],
    ["what gives a number", "arguments.amount * 2.0", /gives double, not bool/],
    ["what may give anything", "arguments.any", /gives dyn, not bool/],
    ["what does not parse", "arguments.amount >", /Unexpected token/],
    ["a function that could hang", "arguments.note.replace('a', 'b') == 'b'", /not supported|no matching overload/],
    ["a pattern that backtracks", "arguments.note.matches('(a+)+$(?=b)')", /./],
  ])("are refused: %s", (_, when, message) => {
    const [issue, ...others] = issuesOf(when);
    expect(others).toEqual([]);
    expect(issue?.path).toBe("rules.0.when");
    expect(issue?.message).toMatch(message);
  });

  it("are shown as they were written, with the place of the fault", () => {
    expect(messageOf("has(arguments.note) && has(arguments.forse)")).toContain("has(arguments.note) && has(arguments.forse)");
  });

  it("are named one by one, and so is an id that is there twice", () => {
    const terms = policyOf(allow("true", "a"), deny("arguments.x == 1", "b"), allow("false", "a"), deny("1", "c"));
    expect(checkTerms(terms, capability()).map(({ path }) => path)).toEqual(["rules.1.when", "rules.2.id", "rules.3.when"]);
  });

  it("take too much work together for one decision", () => {
    const loops = (count: number) =>
      policyOf(
        ...Array.from({ length: count }, (_, index) =>
          allow(`arguments.items.all(a, arguments.items.all(b, a.sku != b.sku + "${index}"))`, `r${index}`),
        ),
      );
    expect(checkTerms(loops(1), capability())).toEqual([]);
    expect(checkTerms(loops(100), capability())).toEqual([{ path: "rules", message: expect.stringContaining("too much work") }]);
  });

  it("are at most 100, and have together at most 32,768 characters", () => {
    const rules = (count: number, chars: number) =>
      Array.from({ length: count }, (_, index) => allow(`'${"x".repeat(chars - 8)}' == ''`, `r${index}`));
    const isAccepted = (count: number, chars: number): boolean => PolicyTerms.safeParse({ rules: rules(count, chars) }).success;
    expect([isAccepted(100, 320), isAccepted(101, 320), isAccepted(100, 329), isAccepted(16, 2_000), isAccepted(17, 2_000)]).toEqual([
      true,
      false,
      false,
      true,
      false,
    ]);
  });
});

describe("arguments of a schema that is open", () => {
  const open = { type: "object", properties: { amount: { type: "number" } } };
  it.each([
    ["says so", { ...open, additionalProperties: true }],
    ["says of which type", { ...open, additionalProperties: { type: "string" } }],
    ["adds some elsewhere", { ...open, allOf: [{ properties: { more: { type: "string" } } }] }],
    ["names none", { type: "object" }],
  ])("may have any property where the schema %s", (_, schema) => {
    expect(issuesOf("has(arguments.more) && arguments.more == 'x'", schema)).toEqual([]);
  });

  it("has no property but those that it names, where it says nothing of others or forbids them", () => {
    for (const schema of [open, { ...open, additionalProperties: false }, { type: "object", additionalProperties: false }]) {
      expect(messageOf("has(arguments.more)", schema)).toMatch(/No such key: more/);
    }
  });

  it("is read in full also where it holds itself, and where names are hostile", () => {
    const schema = JSON.parse(`{"type": "object", "properties": {"self": {"$ref": "#/$defs/node"}, "__proto__": {"type": "string"},
      "a, b>": {"type": "object", "properties": {"constructor": {"type": "number"}}}},
      "$defs": {"node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}, "twice": {"$ref": "#/$defs/node"}}}}}`);
    expect(issuesOf("arguments['__proto__'] == 'x' && arguments['a, b>']['constructor'] > 1", schema)).toEqual([]);
    expect(messageOf("arguments['a, b>']['toString'] == 1", schema)).toMatch(/No such key/);
    expect(messageOf("has(arguments.self.prev)", schema)).toMatch(/No such key: prev/);
  });
});

describe("a rule that was accepted", () => {
  it("never fails for its types, over arguments that the schema accepts", () => {
    const comparisons = fc.constantFrom(
      "arguments.amount > 1",
      "arguments.orderId != 'o-2'",
      "has(arguments.note) && arguments.note.size() > 2",
      "!has(arguments.items) || arguments.items.all(item, !has(item.count) || item.count < 5)",
      "!has(arguments.parent) || arguments.parent == null || arguments.parent.startsWith('p')",
    );
    const item = fc.record({ sku: fc.string(), count: fc.integer() }, { requiredKeys: [] });
    const accepted = fc.record(
      {
        orderId: fc.string(),
        amount: fc.double({ noNaN: true }),
        note: fc.string(),
        items: fc.array(item),
        parent: fc.option(fc.string()),
      },
      { requiredKeys: ["orderId", "amount"] },
    );
    fc.assert(
      fc.property(comparisons, comparisons, fc.constantFrom("&&", "||"), accepted, (left, right, operator, args) => {
        const terms = policyOf(allow(`(${left}) ${operator} (${right})`));
        expect(checkTerms(terms, capability())).toEqual([]);
        expect(decide(terms, { ...payment, arguments: args }).reason).not.toBe("policy_error");
      }),
    );
  });
});
