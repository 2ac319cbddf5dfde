const ascii = /^[\0-\x7f]*$/;

/** A word, or what a backslash makes of the characters behind it: those belong to no word. */
const pieces = /\\(?:u(?:[\da-f]{4}|\{[\dA-F]+\})|.)|[\p{L}\p{M}\p{N}]+/gsu;

/** A text with each of its words as `show` has it. `before` and `after` are the characters beside it. */
const inWords = (text: string, show: (word: string, before: string, after: string) => string): string =>
  text.replaceAll(pieces, (piece, at: number) =>
    ascii.test(piece) ? piece : show(piece, text.charAt(at - 1), text.slice(at + piece.length).slice(0, 2)),
  );

export const escapeOf = (text: string): string =>
  Array.from(text, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16).toUpperCase()}}`).join("");

const fullWidth = /[\uff00-\uffef]/;
const asciiWord = /^[a-z\d]+$/i;

/**
 * ASCII's letters and digits in another shape (mathematical, of full width, ligatures: Unicode's NFKC makes the same of them), and digits that are
 * none of ASCII's among such. Words all of full width are how people write; so are `ª` and `º`.
 */
const withoutImitations = (text: string): string =>
  inWords(text, (word) => {
    const isAmongAscii = /[a-z\d]/i.test(word);
    return word.replaceAll(/[^\0-\x7fªº\p{M}\p{No}]\p{M}*/gu, (whole) => {
      const [first = ""] = whole;
      const isImitation = asciiWord.test(first.normalize("NFKC")) && (isAmongAscii || !fullWidth.test(first));
      return isImitation || (isAmongAscii && /^\p{Nd}/u.test(first)) ? escapeOf(whole) : whole;
    });
  });

/** Latin, and the scripts whose words stand beside it in honest text: no letter of theirs looks like one of Latin's (UTS #39, 5.2). */
const besideLatin =
  "Zyyy Latn Hani Hira Kana Bopo Hang Arab Beng Deva Ethi Geor Gujr Guru Hebr Khmr Knda Laoo Mlym Mymr Orya Sinh Taml Telu Thaa Thai Tibt".replaceAll(
    /(\w+) ?/g,
    String.raw`\p{scx=$1}`,
  );
const mixing = ["Cyrl", "Grek", "Armn"] as const;
/** A word of Latin and what may stand beside it, of one script that could be taken for it, or of none of them. */
const ofOneKind = new RegExp(
  `^(?:[${besideLatin}]*|${mixing.map((script) => `[\\p{scx=Zyyy}\\p{scx=${script}}]*|`).join("")}[^\\p{scx=Latn}${mixing.map((script) => `\\p{scx=${script}}`).join("")}]*)$`,
  "u",
);
const notBesideLatin = new RegExp(`[^${besideLatin}\\p{M}\\p{N}]\\p{M}*`, "gu");

/** Words of these letters alone look like Latin ones. */
const seeming: readonly (readonly [script: string, letters: RegExp])[] = [
  ["Cyrillic", /^[АВЕЅІЈКМНОРСТУХҮҺӀԌԚԜЗасеорхуѕіјһӏԁԍԛԝѵү]+$/u],
  ["Greek", /^[ΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹονρϲϳ]+$/u],
  ["Armenian", /^[ՏՍՕԼաօսոհցքյզղ]+$/u],
  ["Cherokee", /^[ᎠᎡᎢᎪᎫᎬᎳᎷᎻᎿᏀᏃᏎᏏᏒᏔᏕᏙᏚᏞᏟᏢᏤᏦᏧᏩᏭᏮᏯᏳᏴ]+$/u],
  ["Lisu", /^\p{Script=Lisu}+$/u],
];

/** A short word of prose, such as Russian has of one letter: free on both sides, not a text by itself, and no letter `О` behind a digit. */
const isOfProse = (word: string, before: string, after: string): boolean =>
  /^\p{L}\p{M}*(?:\p{L}\p{M}*)?$/u.test(word) && [`" `, ` "`, "  "].includes(before + after.charAt(0));

/**
 * Shows letters that could be taken for others: in a word that mixes scripts which are confused (Latin with Cyrillic, Greek and the like), each
 * that is none of Latin's as `\u{HEX}`; behind a word of one script that only looks Latin that script, as in `\{Cyrillic}`. Words within one
 * script, and those of Latin with Han, Kana, Hangul and others that nobody confuses with it, stay as they are. For JSON, where neither mark can
 * be part of the text. What looks alike within one script (`l` and `I`) is not told apart.
 */
export const markLookAlikes = (text: string): string =>
  inWords(withoutImitations(text), (word, before, after) => {
    const letters = word.replaceAll(/[\p{M}\p{N}]/gu, "");
    if (!ofOneKind.test(letters)) return word.replaceAll(notBesideLatin, escapeOf);
    const [script] = seeming.find(([, alike]) => alike.test(letters)) ?? [];
    return script === undefined || after === "\\{" || isOfProse(word, before, after) ? word : `${word}\\{${script}}`;
  });
