import { escapeOf, markLookAlikes } from "./look-alikes.ts";

/**
 * What a person could not see, or what would change how the rest is read: controls, formats (bidirectional ones, joiners, tags), separators and
 * spaces but the plain one; what fonts leave out by default (Unicode's Default_Ignorable_Code_Point: fillers, variation selectors); what is
 * private, unassigned or half of a pair; and characters that are blank or drawn over their neighbours.
 */
const unseen =
  /^(?:[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}\p{Me}\p{Default_Ignorable_Code_Point}\u2800\u{1d159}\u{13441}\u{13442}]|(?! )\p{Zs})$/u;
const letter = /^\p{L}$/u;
const mark = /^\p{M}$/u;
/** Marks that are drawn through or around a letter, by their code points: strokes, slashes, rings. */
const overlays: readonly (readonly [first: number, last: number])[] = [
  [0x0334, 0x0338],
  [0x20d2, 0x20d3],
  [0x20d8, 0x20da],
  [0x20e5, 0x20e6],
  [0x20ea, 0x20eb],
  // One of no shape at all: Khitan's filler.
  [0x16fe4, 0x16fe4],
];
/** No script needs more marks on a letter; a heap of them hides what stands around it, and one on a quotation mark hides the quotation's end. */
const mostMarks = 3;

const isOverlay = (character: string): boolean => {
  const codePoint = character.codePointAt(0) ?? 0;
  return overlays.some(([first, last]) => codePoint >= first && codePoint <= last);
};

/**
 * A text with every such character as `\u{HEX}`, and with what looks like other letters marked (look-alikes.ts). Of JSON no two texts are shown
 * as one: where a backslash belongs to the text, JSON doubles it.
 */
export function makeVisible(text: string): string {
  let shown = "";
  /** How many more marks may stand on the letter that was shown last. */
  let marksLeft = 0;
  for (const character of text) {
    const isMark = mark.test(character);
    const hidden = unseen.test(character) || (isMark && (marksLeft === 0 || isOverlay(character)));
    shown += hidden ? escapeOf(character) : character;
    marksLeft = hidden ? 0 : letter.test(character) ? mostMarks : isMark ? marksLeft - 1 : 0;
  }
  return markLookAlikes(shown);
}
