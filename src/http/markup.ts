declare const safe: unique symbol;

/** HTML or SVG in which every text that came from outside is escaped. */
export type Markup = { readonly text: string; readonly [safe]: true };
type Part = Markup | string | number | readonly Markup[];

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
// oxlint-disable-next-line no-control-regex -- XML 1.0 (2.2) has no way to write these, and a document with one is not read at all
const unwritable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

/** A text as content or as a quoted attribute of HTML and XML; what XML cannot hold becomes U+FFFD. */
export const escapeMarkup = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll(unwritable, "\ufffd")
    .replaceAll(/[&<>"']/g, (character) => entities[character] ?? "");

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- this is the one place that makes markup
const trust = (text: string): Markup => ({ text }) as Markup;

/** A template whose own text is markup and whose parts are escaped, unless they are markup themselves. */
export const markup = (template: TemplateStringsArray, ...parts: readonly Part[]): Markup =>
  trust(template.reduce((text, piece, index) => text + textOf(parts[index - 1] ?? "") + piece));

function textOf(part: Part): string {
  if (typeof part === "string") return escapeMarkup(part);
  if (typeof part === "number") return String(part);
  return "text" in part ? part.text : part.map(({ text }) => text).join("");
}

export const nothing = trust("");
