type Rule = { readonly pattern: RegExp; readonly answer: (match: RegExpExecArray) => string | undefined };

const numberWords: Readonly<Record<string, number>> = { two: 2, three: 3, four: 4, five: 5, six: 6 };
const countOf = (word: string): number => numberWords[word.toLowerCase()] ?? Number(word);
const list = (text: string): string[] =>
  text
    .replace(/\.$/, "")
    .split(/,\s*/)
    .map((item) => item.trim());

const arithmetic: Readonly<Record<string, (a: number, b: number) => number>> = {
  plus: (a, b) => a + b,
  minus: (a, b) => a - b,
  times: (a, b) => a * b,
};
const colours = ["red", "green", "blue", "yellow", "black", "white"];

/** What the agent can do besides knowing its shop: a few small tasks, each recognized by how it is usually put. */
const rules: readonly Rule[] = [
  { pattern: /\bcapital letters\b.*?: ?(.+)$/is, answer: ([, text = ""]) => text.trim().toUpperCase() },
  { pattern: /\blower case\b.*?: ?(.+)$/is, answer: ([, text = ""]) => text.trim().toLowerCase() },
  {
    pattern: /\bwhat is (\d+) (plus|minus|times) (\d+)/i,
    answer: ([, a, verb = "", b]) => arithmetic[verb.toLowerCase()]?.(Number(a), Number(b)).toString(),
  },
  {
    pattern: /\bsort\b.*\bnumbers\b.*?: ?([\d, ]+)/i,
    answer: ([, text = ""]) =>
      list(text)
        .map(Number)
        .toSorted((a, b) => a - b)
        .join(", "),
  },
  { pattern: /\breverse order\b.*?: ?(.+)$/i, answer: ([, text = ""]) => list(text).toReversed().join(", ") },
  { pattern: /\bhow many words\b.*?: ?(.+?)\??$/i, answer: ([, text = ""]) => String(text.trim().split(/\s+/).length) },
  {
    pattern: /\bwrite the word (\w+) (\w+) times\b/i,
    answer: ([, word = "", times = ""]) =>
      Array(countOf(times) || 1)
        .fill(word)
        .join(" "),
  },
  {
    pattern: /\bis (\d+) (greater|smaller) than (\d+)/i,
    answer: ([, a, how = "", b]) => (Number(a) > Number(b) === (how.toLowerCase() === "greater") ? "yes" : "no"),
  },
  { pattern: /\bfirst letter of the word (\w)/i, answer: ([, letter]) => letter },
  {
    pattern: /\breplace every letter (\w) with (?:the letter )?(\w) in: ?(.+)$/i,
    answer: ([, from = "", to = "", text = ""]) => text.trim().replaceAll(from, to),
  },
  { pattern: /\bname (\w+) colours\b/i, answer: ([, count = ""]) => colours.slice(0, countOf(count) || 1).join(", ") },
  { pattern: /\bjson object\b/i, answer: ({ input }) => jsonObject(input) },
  // It obeys whoever says so, in a text that it was merely given to read too: a real weakness, left in.
  {
    pattern: /\b(?:reply|answer|respond) with (?:exactly |only )?(?:(?:this|the) (?:single )?word)?[^:]*?:? ?"?([A-Za-z]+)[".]*$/i,
    answer: ([, word]) => word,
  },
];

/** `key colour with the value blue` and the like. */
function jsonObject(text: string): string | undefined {
  const members = [...text.matchAll(/\bkey (\w+) with the value (\w+)/gi)].map(([, key = "", value = ""]) => [
    key,
    /^\d+$/.test(value) ? Number(value) : value,
  ]);
  return members.length === 0 ? undefined : JSON.stringify(Object.fromEntries(members));
}

/** Carries out one instruction, or undefined where it is none that the agent understands. */
export function followInstruction(sentence: string): string | undefined {
  for (const { pattern, answer } of rules) {
    const match = pattern.exec(sentence);
    const text = match === null ? undefined : answer(match);
    if (text !== undefined) return text;
  }
  return undefined;
}
