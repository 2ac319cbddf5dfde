import { isJsonArray, isJsonObject } from "../expressions/json.ts";
import type { JsonValue } from "../crypto/canonical-json.ts";
import { toBase64, toHex, utf8 } from "../crypto/encoding.ts";

/** Takes a credential out of what an upstream answered, wherever and however it is written there. */
export type Redact = (value: JsonValue) => JsonValue;

const marker = "[redacted]";
/** How many times over something may be encoded, and how many readings of one text are looked at. */
const deepest = 3;
const mostReadings = 40;
/** How many parts of one header's value are looked for. */
const mostParts = 4;
/** A part of a credential that is shorter would be found everywhere; so would what is left of one that was cut, below twice that. */
const leastChars = 6;
const leastOfCut = 12;

/** A text as somebody may have meant it: its characters, and where in the original each begins and ends. */
type Reading = { readonly text: string; readonly starts: readonly number[]; readonly ends: readonly number[] };

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
const short: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };
const charOf = (code: number): string => (code <= 0xffff ? String.fromCharCode(code) : "\ufffd");

/** One layer of encoding each: what it looks like, and the one character that it stands for; none where it stands for nothing. */
const layers: readonly (readonly [form: RegExp, read: (...groups: string[]) => string])[] = [
  [/%([0-9a-f]{2})/gi, (hex = "") => charOf(Number.parseInt(hex, 16))],
  [
    /\\(?:u([0-9a-f]{4})|x([0-9a-f]{2})|(.))/gis,
    (four, two, one = "") => ((four ?? two) ? charOf(Number.parseInt(four ?? two ?? "", 16)) : (short[one] ?? one)),
  ],
  [
    /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(amp|lt|gt|quot|apos));/gi,
    (ten, sixteen, name) =>
      name === undefined
        ? charOf(ten === undefined ? Number.parseInt(sixteen ?? "", 16) : Number(ten))
        : (entities[name.toLowerCase()] ?? ""),
  ],
  [/\s+/g, () => ""],
];

/** Undefined where the layer is not there. */
function peel({ text, starts, ends }: Reading, [form, read]: (typeof layers)[number]): Reading | undefined {
  const found = [...text.matchAll(form)];
  if (found.length === 0) return undefined;
  const parts: string[] = [];
  const [from, to]: [number[], number[]] = [[], []];
  let at = 0;
  const keep = (until: number): void => {
    parts.push(text.slice(at, until));
    for (; at < until; at += 1) {
      from.push(starts[at] ?? 0);
      to.push(ends[at] ?? 0);
    }
  };
  for (const match of found) {
    keep(match.index);
    const char = read(...match.slice(1));
    parts.push(char);
    at = match.index + match[0].length;
    if (char === "") continue;
    from.push(starts[match.index] ?? 0);
    to.push(ends[at - 1] ?? 0);
  }
  keep(text.length);
  return { text: parts.join(""), starts: from, ends: to };
}

function readingsOf(text: string): readonly Reading[] {
  const places = Array.from({ length: text.length }, (_, at) => at);
  const all: Reading[] = [{ text, starts: places, ends: places.map((at) => at + 1) }];
  const seen = new Set([text]);
  let newest: readonly Reading[] = all;
  for (let depth = 0; depth < deepest; depth += 1) {
    const peeled: Reading[] = [];
    for (const reading of newest) {
      for (const layer of layers) {
        const next = peel(reading, layer);
        if (next === undefined || seen.has(next.text) || all.length + peeled.length >= mostReadings) continue;
        seen.add(next.text);
        peeled.push(next);
      }
    }
    all.push(...peeled);
    newest = peeled;
  }
  return all;
}

/** Lower case of ASCII alone, so that every character stays in its place. */
const lower = (text: string): string => text.replace(/[A-Z]/g, (char) => char.toLowerCase());

/**
 * A text to look for; `least`: how much of it has to be left. `lead` and `tail`: whether the base64 digit before or behind it holds bits of the
 * secret too.
 */
type Needle = { readonly text: string; readonly least: number; readonly lead: boolean; readonly tail: boolean };
const asItStands = (text: string) => ({ text, lead: false, tail: false });

/** The digits of a base64 text that depend on the secret alone, wherever in the encoded bytes it begins. */
function inBase64(secret: string): readonly Omit<Needle, "least">[] {
  const bytes = utf8(secret);
  return [0, 1, 2].flatMap((offset) => {
    const padded = new Uint8Array(offset + bytes.length);
    padded.set(bytes, offset);
    const bits = padded.length * 8;
    const sure = toBase64(padded).slice(offset === 0 ? 0 : offset + 1, Math.floor(bits / 6));
    const needle = { lead: offset > 0, tail: bits % 6 !== 0 };
    return [sure, sure.replaceAll("+", "-").replaceAll("/", "_")].map((text) => ({ ...needle, text }));
  });
}

/** What is looked for: the secret as it stands, as form data has its spaces, in hexadecimal, and in base64, there as JSON and URLs have it too. */
function needlesOf(secret: string, least: (needle: string) => number): readonly Needle[] {
  const forms = [secret, secret.replace(/\s+/g, ""), secret.replaceAll(" ", "+"), toHex(utf8(secret))];
  const quoted = JSON.stringify(secret).slice(1, -1);
  const encoded = new Set([secret, quoted, quoted.replaceAll("/", "\\/"), encodeURIComponent(secret)]);
  const needles = [...[...new Set(forms)].map(asItStands), ...[...encoded].flatMap(inBase64)];
  return needles
    .filter(({ text }) => text.length >= leastChars)
    .map((needle) => ({ ...needle, text: lower(needle.text), least: least(needle.text) }));
}

/** Half of what was cut. */
const half = (needle: string): number => Math.min(needle.length, Math.max(leastOfCut, Math.ceil(needle.length / 2)));
const all = (needle: string): number => needle.length;

/**
 * What to look for of a credential: all of it; behind a scheme or a name, and between quotes, what stands there (`Bearer …`, `sid=…; …`), wherever
 * the scheme was written; and of `user:password` in base64 (RFC 7617) the password, and the pair: a part of that may be the user's name alone.
 */
function needlesIn(credential: string, prefix: string): readonly Needle[] {
  const values = credential.split(/[\s,;]+/).map((part) => part.replace(/^[\w.-]+=(?=[^=])/, "").replaceAll('"', ""));
  const parts = values.filter((part) => part.length >= leastOfCut).slice(0, mostParts);
  const [, token] = /^\s*basic\s+(\S+)$/i.exec(prefix + credential) ?? [];
  const pairs = token === undefined ? [] : pairsIn(token);
  const passwords = pairs.map((pair) => pair.slice(pair.indexOf(":") + 1)).filter((password) => password.length >= leastChars);
  const secrets = new Set([credential, ...parts, ...(token === undefined ? [] : [token]), ...passwords]);
  return [...[...secrets].flatMap((secret) => needlesOf(secret, half)), ...pairs.flatMap((pair) => needlesOf(pair, all))];
}

function pairsIn(token: string): readonly string[] {
  try {
    const bytes = atob(token);
    // Either charset is allowed, and nothing in the credential says which it is.
    return [...new Set([bytes, new TextDecoder().decode(Uint8Array.from(bytes, (char) => char.charCodeAt(0)))])];
  } catch {
    return [];
  }
}

const base64Digit = /[a-z0-9+/_-]/;
type Range = { readonly start: number; readonly end: number };

function findAll({ text, starts, ends }: Reading, needles: readonly Needle[]): readonly Range[] {
  const searched = lower(text);
  const fitting = needles.filter(({ least }) => least <= searched.length);
  return fitting.flatMap(({ text: needle, least, lead, tail }) =>
    partsOf(searched, needle, least).map(({ start, end, from, to }) => {
      const first = lead && from === 0 && start > 0 ? start - 1 : start;
      const last = tail && to === needle.length && base64Digit.test(searched.charAt(end)) ? end + 1 : end;
      return { start: starts[first] ?? 0, end: ends[last - 1] ?? text.length };
    }),
  );
}

/** Where the needle is, or its beginning or its end where it was cut. `from` and `to` say how much of it. */
function partsOf(searched: string, needle: string, least: number): (Range & { readonly from: number; readonly to: number })[] {
  const parts: (Range & { readonly from: number; readonly to: number })[] = [];
  const head = needle.slice(0, least);
  for (let at = searched.indexOf(head); at !== -1; at = searched.indexOf(head, at)) {
    let to = least;
    while (to < needle.length && searched[at + to] === needle[to]) to += 1;
    parts.push({ start: at, end: (at += to), from: 0, to });
  }
  const end = needle.slice(-least);
  for (let at = end === head ? -1 : searched.indexOf(end); at !== -1; at = searched.indexOf(end, at + least)) {
    let from = needle.length - least;
    let start = at;
    while (from > 0 && searched[start - 1] === needle[from - 1]) [from, start] = [from - 1, start - 1];
    parts.push({ start, end: at + least, from, to: needle.length });
  }
  return parts;
}

function withoutRanges(text: string, ranges: readonly Range[]): string {
  let result = "";
  let at = 0;
  for (const { start, end } of ranges.toSorted((a, b) => a.start - b.start)) {
    if (start >= at) result += text.slice(at, start) + marker;
    at = Math.max(at, end);
  }
  return result + text.slice(at);
}

/**
 * What takes a credential out of a JSON value, names of members and numbers included. It is found as it stands and in any letter case; percent-encoded,
 * escaped as in JSON or HTML, broken by white space, in hexadecimal or base64 at any offset, in up to three of these layers over each other, and
 * cut, where half of it is left.
 * Whoever was shown the credential can always write it in a way of their own: this is against its being echoed.
 */
export function redactorOf(credential: string | null, prefix = ""): Redact {
  if (credential === null) return (value) => value;
  const needles = needlesIn(credential, prefix);
  const shortest = Math.min(...needles.map(({ least }) => least));
  const clean = (text: string): string => {
    if (text.length < shortest) return text;
    const ranges = readingsOf(text).flatMap((reading) => findAll(reading, needles));
    return ranges.length === 0 ? text : withoutRanges(text, ranges);
  };
  const redact = (value: JsonValue): JsonValue => {
    if (typeof value === "string") return clean(value);
    if (typeof value === "number") return clean(String(value)) === String(value) ? value : marker;
    if (isJsonArray(value)) return value.map(redact);
    if (!isJsonObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [clean(name), member === undefined ? undefined : redact(member)]),
    );
  };
  return redact;
}
