import { escapeMarkup } from "../../http/markup.ts";
import type { MediaAnswer } from "../../http/operation.ts";

const style = `
:root{color-scheme:light dark}
body{font:16px/1.55 system-ui,sans-serif;max-width:44rem;margin:3rem auto;padding:0 1.25rem;color:#16202a;background:#fff}
h1{font-size:1.6rem;line-height:1.25}h2{font-size:1.1rem;margin-top:2rem}
a{color:#0b57a4}code{font:0.9em ui-monospace,monospace;background:#eef1f4;padding:.1em .3em;border-radius:3px}
dt{font-weight:600;margin-top:.75rem}dd{margin:0}
@media (prefers-color-scheme:dark){body{color:#e6ebf0;background:#12171c}a{color:#7db8f0}code{background:#232b33}}`;

/** A page for people: no script, one style sheet that its nonce allows. `body` is HTML that the caller has escaped. */
export function page(title: string, body: string): MediaAnswer {
  const nonce = crypto.randomUUID();
  const content = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escapeMarkup(title)}</title><link rel="icon" href="data:,"><style nonce="${nonce}">${style}</style></head><body><main><h1>${escapeMarkup(title)}</h1>${body}</main></body></html>`;
  return {
    content,
    mediaType: "text/html",
    headers: {
      "Content-Security-Policy": `default-src 'none'; style-src 'nonce-${nonce}'; img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`,
    },
  };
}
