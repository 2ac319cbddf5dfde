/**
 * What a person could not see, or what would change how the rest is read: controls, formats (bidirectional ones, joiners, tags), separators and
 * spaces but the plain one, what fonts leave out by default (Unicode's Default_Ignorable_Code_Point: fillers, variation selectors), what is
 * private, unassigned or half of a pair, and letters and marks that have no shape of their own or are drawn over their neighbours.
 */
const unseen =
  /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Me}\u2800\u{16fe4}\u{1d159}\u{13441}\u{13442}\u0334-\u0338\u20d2\u20d3\u20d8-\u20da\u20e5\u20e6\u20ea\u20eb]|(?! )\p{Zs}/u;
/** A mark belongs to a letter, and a letter has three at most: more hide what they stand on. */
const strayMark = /(?<!\p{L}\p{M}{0,2})\p{M}/u;

const all = new RegExp(`${unseen.source}|${strayMark.source}`, "gu");

/**
 * A text with every such character as `\u{HEX}`. Within JSON, where a backslash of the text itself stands doubled, no two texts look alike for
 * it.
 */
export const makeVisible = (text: string): string =>
  text.replaceAll(all, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16).toUpperCase()}}`);
