/** Far more marks on one character than any script has. */
const manyMarks = /\p{M}{64}/u;

/**
 * A text as texts are compared: in NFC, so that two spellings of a character are equal, and in lower case where the case does not
 * matter. One with 64 marks in a row is left as it is spelt: sorting them takes seconds, as time grows with the square of their number.
 */
export function foldText(text: string, ignoreCase: boolean): string {
  const spelt = manyMarks.test(text) ? text : text.normalize("NFC");
  return ignoreCase ? spelt.toLowerCase() : spelt;
}
