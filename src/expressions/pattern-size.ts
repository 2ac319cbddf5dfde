/** What one character, class, group or alternative compiles to, at most. */
const perItem = 3;
/** What preparing a pattern takes, in units of work: reading one character of it, and making one instruction. */
const perChar = 64;
const perCopy = 32;
/** Reading `\d`, `[:alpha:]` and their like, and a class of Unicode, of which each copy holds some 700 ranges. */
const perSet = 1_024;
const perUnicodeSet = 16_384;
const perUnicodeCopy = 2_048;
/** `(?i)` looks up the other cases of every character of a range, between the first and the last that have any. */
const perFolded = 8;
const folded = { first: 0x41, last: 0x1e943 } as const;
/** `(?i)` among other flags. Where it is switched off again, the bound is only too high. */
const folding = /\(\?[A-Za-z]*i/;

export type PatternSize = {
  /** Instructions, at most. */
  readonly program: number;
  /** Units of work that compiling it and beginning its first test take, at most. */
  readonly work: number;
};
type Size = { readonly program: number; readonly copies: number };
type Frame = { total: Size; last: Size };

const none: Size = { program: 0, copies: 0 };
const plus = (a: Size, b: Size): Size => ({ program: a.program + b.program, copies: a.copies + b.copies });
const item = (program: number): Size => ({ program, copies: program * perCopy });

/**
 * Bounds what an RE2 pattern takes to compile, in one pass without compiling it: `(?:…){1000}` repeats what it holds, `\pL`
 * stands for hundreds of ranges, and engines expand both before anybody can ask how large it became.
 * Infinite for `\Q…\E`, whose quoting this reading does not follow. A pattern that is not valid gets some numbers.
 */
export function boundPatternSize(source: string): PatternSize {
  const folds = folding.test(source);
  let reading = source.length * perChar;
  let top: Frame = { total: item(4), last: none };
  const frames = [top];
  const add = (size: Size) => {
    top.total = plus(top.total, size);
    top.last = size;
  };
  for (let i = 0; i < source.length; i++) {
    const char = source.charAt(i);
    if (source.startsWith("\\Q", i)) return { program: Infinity, work: Infinity };
    if (char === "\\" || char === "[") {
      const token = char === "[" ? readClass(source, i, folds) : readEscape(source, i);
      reading += token.reading;
      add(plus(item(perItem), { program: 0, copies: token.copies }));
      i = token.end;
    } else if ("*+?|".includes(char)) {
      top.total = plus(top.total, item(perItem));
    } else if (char === "(") {
      top = { total: item(perItem), last: none };
      frames.push(top);
    } else if (char === ")" && frames.length > 1) {
      const closed = top.total;
      frames.pop();
      top = frames.at(-1) ?? top;
      add(closed);
    } else {
      const repeat = char === "{" ? repetitionAt(source, i) : undefined;
      if (repeat === undefined) add(item(perItem));
      else {
        add(repeated(top.last, repeat.times));
        i = repeat.end;
      }
    }
  }
  const whole = frames.reduce((sum, { total }) => plus(sum, total), none);
  return { program: whole.program, work: reading + whole.copies };
}

const repeated = (last: Size, times: number): Size => ({
  program: (last.program + 1) * times + 2,
  copies: (last.copies + perCopy) * times + 2 * perCopy,
});

/** Something of a pattern, up to the index `end`: what reading it takes, what each copy of it takes, and the one character that it is. */
type Token = { readonly end: number; readonly reading: number; readonly copies: number; readonly code: number | undefined };

const hexadecimalForm = /^\\x(?:\{([0-9A-Fa-f]+)\}|([0-9A-Fa-f]{2}))/;
const longestHexadecimal = 16;

/** What a backslash at `start` begins. The braces of \x{1F600} and \p{Greek} belong to it, and repeat nothing. */
function readEscape(source: string, start: number): Token {
  const kind = source.charAt(start + 1);
  const [hexadecimal, inBraces, bare = ""] = hexadecimalForm.exec(source.slice(start, start + longestHexadecimal)) ?? [];
  if (hexadecimal !== undefined) {
    return { end: start + hexadecimal.length - 1, reading: 0, copies: 0, code: Number.parseInt(inBraces ?? bare, 16) };
  }
  if (kind === "p" || kind === "P") {
    const brace = source.charAt(start + 2) === "{" ? source.indexOf("}", start) : -1;
    return { end: brace > 0 ? brace : start + 2, reading: perUnicodeSet, copies: perUnicodeCopy, code: undefined };
  }
  const end = start + 1;
  if (/[A-Za-z0-9]/.test(kind)) return { end, reading: perSet, copies: perCopy, code: undefined };
  return { end, reading: 0, copies: 0, code: source.codePointAt(start + 1) };
}

/** The class that opens at `start`, up to its `]` or the end of the text. */
function readClass(source: string, start: number, folds: boolean): Token {
  let i = start + 1;
  let reading = perSet;
  let copies = 0;
  let before: Token | undefined;
  if (source.charAt(i) === "^") i += 1;
  for (let isFirst = true; i < source.length && (isFirst || source.charAt(i) !== "]"); isFirst = false) {
    const token = readMember(source, i);
    reading += token.reading;
    copies += token.copies + perItem;
    const isRange = before !== undefined && source.charAt(i) === "-" && source.charAt(i + 1) !== "]" && i + 1 < source.length;
    if (isRange) {
      const last = readMember(source, i + 1);
      reading += last.reading + (folds ? foldedBetween(before?.code, last.code) * perFolded : 0);
      copies += last.copies;
      i = last.end + 1;
      before = undefined;
    } else {
      i = token.end + 1;
      before = token;
    }
  }
  return { end: Math.min(i, source.length - 1), reading, copies, code: undefined };
}

function readMember(source: string, at: number): Token {
  if (source.charAt(at) === "\\") return readEscape(source, at);
  const named = source.startsWith("[:", at) ? source.indexOf(":]", at + 2) : -1;
  if (named > 0) return { end: named + 1, reading: perSet, copies: perCopy, code: undefined };
  const code = source.codePointAt(at);
  return { end: code !== undefined && code > 0xffff ? at + 1 : at, reading: 0, copies: 0, code };
}

/** How many characters of a range are folded one by one; an end that was not read could be anywhere, and a range of all is known. */
function foldedBetween(from: number = folded.first + 1, to: number = folded.last): number {
  if (from <= folded.first && to >= folded.last) return 0;
  return Math.max(0, Math.min(to, folded.last) - Math.max(from, folded.first) + 1);
}

/** `{n}`, `{n,}` or `{n,m}` at an index: how often it repeats at most, and where it ends. */
function repetitionAt(source: string, start: number): { times: number; end: number } | undefined {
  const end = source.indexOf("}", start);
  if (end < 0 || end - start > 12) return undefined;
  const [least = "", most = ""] = source.slice(start + 1, end).split(",");
  if (!/^\d+$/.test(least)) return undefined;
  return { times: Math.max(1, Number(least), /^\d+$/.test(most) ? Number(most) : 0), end };
}
