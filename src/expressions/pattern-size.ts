/** What one character, class, group or alternative compiles to, at most. */
const perItem = 3;

type Frame = { total: number; last: number };

/**
 * An upper bound of the number of instructions that an RE2 pattern compiles to, found in one pass without compiling it:
 * `(?:…){1000}` repeats what it holds, and engines expand that before anybody can ask how large it became.
 * Returns Infinity for `\Q…\E`, whose quoting this reading does not follow. A pattern that is not valid gets some number.
 */
export function boundProgramSize(source: string): number {
  let top: Frame = { total: 4, last: 0 };
  const frames = [top];
  const add = (size: number) => {
    top.total += size;
    top.last = size;
  };
  for (let i = 0; i < source.length; i++) {
    const char = source.charAt(i);
    if (char === "\\") {
      i += 1;
      const escaped = source.charAt(i);
      if (escaped === "Q") return Infinity;
      // \x{1F600} and \p{Greek}: the braces belong to the escape, and repeat nothing.
      if ("xpP".includes(escaped) && source.charAt(i + 1) === "{") i = Math.max(i, source.indexOf("}", i));
      add(perItem);
    } else if (char === "[") {
      i = endOfClass(source, i);
      add(perItem);
    } else if ("*+?|".includes(char)) {
      top.total += perItem;
    } else if (char === "(") {
      top = { total: perItem, last: 0 };
      frames.push(top);
    } else if (char === ")" && frames.length > 1) {
      const closed = top.total;
      frames.pop();
      top = frames.at(-1) ?? top;
      add(closed);
    } else {
      const repeat = char === "{" ? repetitionAt(source, i) : undefined;
      if (repeat === undefined) add(perItem);
      else {
        const times = Math.max(1, repeat.times);
        const grown = (top.last + 1) * times + 2;
        top.total += grown;
        top.last = grown;
        i = repeat.end;
      }
    }
  }
  return frames.reduce((sum, frame) => sum + frame.total, 0);
}

/** The index of the `]` that closes the class which opens at `start`, or the last index of the text. */
function endOfClass(source: string, start: number): number {
  let i = start + 1;
  if (source.charAt(i) === "^") i += 1;
  if (source.charAt(i) === "]") i += 1;
  for (; i < source.length; i++) {
    const char = source.charAt(i);
    if (char === "\\") i += 1;
    else if (char === "[" && source.charAt(i + 1) === ":") {
      const end = source.indexOf(":]", i + 2);
      if (end > 0) i = end + 1;
    } else if (char === "]") return i;
  }
  return source.length - 1;
}

/** `{n}`, `{n,}` or `{n,m}` at an index: how often it repeats at most, and where it ends. */
function repetitionAt(source: string, start: number): { times: number; end: number } | undefined {
  const end = source.indexOf("}", start);
  if (end < 0 || end - start > 12) return undefined;
  const [least = "", most = ""] = source.slice(start + 1, end).split(",");
  if (!/^\d+$/.test(least)) return undefined;
  return { times: Math.max(Number(least), /^\d+$/.test(most) ? Number(most) : 0), end };
}
