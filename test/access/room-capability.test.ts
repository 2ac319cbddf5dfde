import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Capabilities, covers, matches, mayPublish, maySubscribe, Topic, TopicPattern } from "../../src/access/room-capability.ts";

const segment = fc.constantFrom("a", "b", "c");
const topic = fc.array(segment, { minLength: 1, maxLength: 5 }).map((parts) => parts.join("."));
const pattern = fc
  .tuple(fc.array(fc.constantFrom("a", "b", "c", "*"), { maxLength: 4 }), fc.boolean())
  .filter(([parts, deep]) => parts.length > 0 || deep)
  .map(([parts, deep]) => [...parts, ...(deep ? ["**"] : [])].join("."));

/** Every topic of at most five segments over an alphabet in which `z` stands for whatever the patterns do not name. */
const everyTopic = (() => {
  const grow = (stems: string[]): string[] => stems.flatMap((stem) => ["a", "b", "c", "z"].map((end) => `${stem}.${end}`));
  const levels = [["a", "b", "c", "z"]];
  for (let at = 1; at < 5; at += 1) levels.push(grow(levels[at - 1] ?? []));
  return levels.flat();
})();

/** The definition, as a regular expression: what a pattern stands for. */
const asRegExp = (text: string): RegExp =>
  new RegExp(`^${text.replaceAll(".", "\\.").replace(/\*\*$/, "@").replaceAll("*", "[a-z]+").replace("@", "[a-z]+(\\.[a-z]+)*")}$`);

describe("patterns of topics", () => {
  it("stand for the topics that their definition names, and for no other", () => {
    fc.assert(
      fc.property(pattern, topic, (held, asked) => {
        expect(matches(held, asked)).toBe(asRegExp(held).test(asked));
      }),
    );
  });

  it("cover another one exactly where every topic of that one is theirs", () => {
    fc.assert(
      fc.property(pattern, pattern, (held, asked) => {
        const asks = asRegExp(asked);
        const has = asRegExp(held);
        const all = everyTopic.every((name) => !asks.test(name) || has.test(name));
        expect(covers(held, asked)).toBe(all);
      }),
      { numRuns: 300 },
    );
  });

  it("never let a member hear what no single capability covers", () => {
    fc.assert(
      fc.property(fc.array(pattern, { minLength: 1, maxLength: 3 }), pattern, (held, asked) => {
        const allowed = maySubscribe(
          held.map((text) => `topic:subscribe:${text}`),
          asked,
        );
        const heard = everyTopic.filter((name) => asRegExp(asked).test(name));
        if (allowed) expect(held.some((text) => heard.every((name) => asRegExp(text).test(name)))).toBe(true);
      }),
    );
  });

  it.each([
    ["orders.*", "orders.**"],
    ["orders.*", "**"],
    ["orders.*", "*.paid"],
    ["orders.**", "orders"],
    ["orders.**", "*.**"],
    ["orders.paid", "orders.*"],
    ["*", "*.*"],
    ["*.*", "*"],
    ["*.**", "**"],
  ])("%s does not cover %s", (held, asked) => {
    expect(covers(held, asked)).toBe(false);
    expect(maySubscribe([`topic:subscribe:${held}`], asked)).toBe(false);
  });

  it("have at most eight segments of at most 32 characters, and `**` at the end alone", () => {
    const eight = Array.from({ length: 8 }, () => "a".repeat(32)).join(".");
    expect(Topic.safeParse(eight).success && TopicPattern.safeParse(eight).success).toBe(true);
    const refused = [
      `${eight}.a`,
      `${eight}.**`,
      "a".repeat(33),
      "",
      ".",
      "a.",
      ".a",
      "a..b",
      "A",
      "a b",
      "a\n",
      "**.a",
      "a.**.b",
      "a*",
      "***",
      "é",
    ];
    for (const text of refused) expect([text, TopicPattern.safeParse(text).success]).toEqual([text, false]);
    for (const text of ["*", "**", "a.*", "a.**"]) expect([text, Topic.safeParse(text).success]).toEqual([text, false]);
  });
});

describe("capabilities", () => {
  it("say what a member may do, and nothing of another kind", () => {
    const caps = ["topic:publish:orders.*", "topic:subscribe:**"];
    expect(Capabilities.parse(caps)).toEqual(caps);
    expect([mayPublish(caps, "orders.paid"), mayPublish(caps, "orders"), mayPublish(caps, "orders.*")]).toEqual([true, false, false]);
    expect([maySubscribe(caps, "**"), maySubscribe(caps, "not a pattern")]).toEqual([true, false]);
    expect([
      mayPublish(["topic:subscribe"], "a"),
      maySubscribe(["topic:publish"], "a"),
      maySubscribe(["history", "presence"], "a"),
    ]).toEqual([false, false, false]);
    expect([mayPublish(["topic:publish"], "a.b.c"), maySubscribe(["topic:subscribe"], "**")]).toEqual([true, true]);
  });

  it.each([
    [["admin"]],
    [["topic:publish:"]],
    [["topic:subscribe:a.**.b"]],
    [["topic:publish:a\n"]],
    [["topic:publish\n"]],
    [["topic:delete"]],
    [["Presence"]],
    [["presence", "presence"]],
    [[]],
    [Array.from({ length: 17 }, (_, at) => `topic:publish:a${at}`)],
    [Array.from({ length: 8 }, (_, at) => `topic:publish:${"a".repeat(32)}.${"b".repeat(32)}.${"c".repeat(31)}${at}`)],
  ])("are refused where one is unknown, repeated, malformed, or they are too many: %j", (caps) => {
    expect(Capabilities.safeParse(caps).success).toBe(false);
  });
});
