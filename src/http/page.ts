import { sha256 } from "@noble/hashes/sha2.js";
import { toBase64, utf8 } from "../crypto/encoding.ts";
import { escapeMarkup } from "./markup.ts";
import type { TextAnswer } from "./operation.ts";

const style = `
:root{color-scheme:light dark}
body{font:16px/1.55 system-ui,sans-serif;max-width:44rem;margin:3rem auto;padding:0 1.25rem;color:#16202a;background:#fff;overflow-wrap:break-word}
h1{font-size:1.6rem;line-height:1.25}h2{font-size:1.1rem;margin-top:2rem}
a{color:#0b57a4}code{font:0.9em ui-monospace,monospace;background:#eef1f4;padding:.1em .3em;border-radius:3px}
dt{font-weight:600;margin-top:.75rem}dd{margin:0}form{margin:1.75rem 0}
button{font:inherit;font-weight:600;padding:.6rem 1.4rem;border:0;border-radius:6px;color:#fff;background:#0b57a4;cursor:pointer}
button:hover{background:#094682}a:focus-visible,button:focus-visible,textarea:focus-visible{outline:2px solid #0b57a4;outline-offset:3px;border-radius:6px}
pre{font:0.85em/1.5 ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere;background:#eef1f4;padding:1rem;border-radius:6px}
label{display:block;font-weight:600}textarea{font:inherit;box-sizing:border-box;width:100%;margin:.25rem 0 1rem;padding:.5rem;border:1px solid #6b7783;border-radius:6px;color:inherit;background:inherit}
button.other{color:#0b57a4;background:none;box-shadow:inset 0 0 0 2px}button.other:hover{color:#fff}
@media (prefers-color-scheme:dark){pre{background:#232b33}button.other{color:#7db8f0;background:none}button.other:hover{color:#0d1216}body{color:#e6ebf0;background:#12171c}a{color:#7db8f0}code{background:#232b33}button{color:#0d1216;background:#7db8f0}button:hover{background:#a3cdf5}a:focus-visible,button:focus-visible,textarea:focus-visible{outline-color:#7db8f0}}`;

let styleSource: string | undefined;
/** The one style sheet, by its digest: so that pages of the same content are the same bytes. */
const allowedStyle = (): string => (styleSource ??= `'sha256-${toBase64(sha256(utf8(style)))}'`);

type PageOptions = {
  /** Has a form: browsers must say where its POST comes from, which `no-referrer` would have them hide (Fetch, `Origin: null`). */
  readonly form?: true;
  readonly headers?: Readonly<Record<string, string>>;
};

/** A page for people: no script, one style sheet. `body` is HTML that the caller has escaped. */
export function page(title: string, body: string, { form, headers }: PageOptions = {}): TextAnswer {
  const content = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escapeMarkup(title)}</title><link rel="icon" href="data:,"><style>${style}</style></head><body><main><h1>${escapeMarkup(title)}</h1>${body}</main></body></html>`;
  return {
    content,
    mediaType: "text/html",
    headers: {
      "Content-Security-Policy": `default-src 'none'; style-src ${allowedStyle()}; img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action ${form ? "'self'" : "'none'"}`,
      ...(form ? { "Referrer-Policy": "same-origin" } : {}),
      ...headers,
    },
  };
}

/** A text of ours as HTML: what stands between backticks is code. */
export const markCode = (text: string): string => escapeMarkup(text).replaceAll(/`([^`]+)`/g, "<code>$1</code>");

/** An RFC 3339 time of UTC as people read it, to the minute. */
export const readableTime = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
