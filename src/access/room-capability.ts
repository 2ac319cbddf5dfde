import { z } from "@hono/zod-openapi";

const segment = "[a-z0-9_-]{1,32}";
const maxSegments = 8;

/** A topic: one to eight segments of lower-case letters, digits, `_` and `-`, divided by dots. */
const topicPattern = new RegExp(`^${segment}(\\.${segment}){0,${maxSegments - 1}}$`);
/** Topics at once: `*` stands for one segment, `**` at the end for one or more. Every topic is a pattern of itself. */
const topicPatternPattern = new RegExp(
  `^(\\*\\*|(${segment}|\\*)(\\.(${segment}|\\*)){0,${maxSegments - 1}}|(${segment}|\\*)(\\.(${segment}|\\*)){0,${maxSegments - 2}}\\.\\*\\*)$`,
);

export const Topic = z.string().regex(topicPattern, "Segments of a-z 0-9 _ -, at most 32 long and 8 of them, divided by dots.");
export const TopicPattern = z
  .string()
  .regex(topicPatternPattern, "A topic in which `*` stands for one segment, and `**` at the end for one or more.");

const capabilityLimits = { count: 16, characters: 800 } as const;

const plain = ["presence", "history"] as const;
const onTopics = ["topic:publish", "topic:subscribe"] as const;

const isCapability = (text: string): boolean => {
  if (plain.some((name) => name === text)) return true;
  const [, name, , pattern] = /^(topic:[a-z]+)(:(.*))?$/s.exec(text) ?? [];
  return onTopics.some((known) => known === name) && (pattern === undefined || topicPatternPattern.test(pattern));
};

/** `topic:publish[:<pattern>]`, `topic:subscribe[:<pattern>]` (without a pattern: every topic), `presence`, `history`. */
export const Capabilities = z
  .array(
    z.string().max(300).refine(isCapability, "Not `presence`, `history`, `topic:publish[:<pattern>]` or `topic:subscribe[:<pattern>]`."),
  )
  .min(1)
  .max(capabilityLimits.count)
  .refine((caps) => caps.join("").length <= capabilityLimits.characters, `At most ${capabilityLimits.characters} characters in all.`)
  .refine((caps) => new Set(caps).size === caps.length, "The same capability twice.")
  .readonly();
export type Capabilities = z.output<typeof Capabilities>;

/**
 * Whether every topic that `asked` stands for is one that `held` stands for. Both are patterns; a topic is one. `**` is covered by `**` alone,
 * also where the greatest number of segments would leave it no more room than `*` has.
 */
export function covers(held: string, asked: string): boolean {
  const holds = held.split(".");
  const asks = asked.split(".");
  for (const [at, want] of asks.entries()) {
    const has = holds[at];
    if (has === "**") return true;
    if (has === undefined || want === "**" || (has !== "*" && has !== want)) return false;
  }
  return holds.length === asks.length;
}

/** Whether the topic is one that the pattern stands for. */
export const matches = (pattern: string, topic: string): boolean => topicPattern.test(topic) && covers(pattern, topic);

const patternsOf = (caps: Capabilities, name: (typeof onTopics)[number]): string[] =>
  caps.flatMap((cap) => (cap === name ? ["**"] : cap.startsWith(`${name}:`) ? [cap.slice(name.length + 1)] : []));

/** May a member with these capabilities publish on the topic? What is not a topic may nobody publish on. */
export const mayPublish = (caps: Capabilities, topic: string): boolean =>
  patternsOf(caps, "topic:publish").some((held) => matches(held, topic));

/** The patterns of all that it may hear. */
export const hearable = (caps: Capabilities): string[] => patternsOf(caps, "topic:subscribe");

/** May it hear everything that the pattern stands for? One capability must cover the pattern as a whole. A topic is asked for like a pattern. */
export const maySubscribe = (caps: Capabilities, pattern: string): boolean =>
  topicPatternPattern.test(pattern) && hearable(caps).some((held) => covers(held, pattern));

export const maySeePresence = (caps: Capabilities): boolean => caps.includes("presence");
/** What was said before; of it, what `maySubscribe` lets the member hear. */
export const mayReadHistory = (caps: Capabilities): boolean => caps.includes("history");
