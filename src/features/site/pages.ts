import { escapeMarkup } from "../../http/markup.ts";
import type { MediaAnswer } from "../../http/operation.ts";
import { markCode, page } from "../../http/page.ts";
import { isProblemCode, problem, problems } from "../../http/problem.ts";
import { apiKeyPattern } from "../../access/api-key.ts";
import { glossary } from "./glossary.ts";

export const homePage = (): MediaAnswer =>
  page(
    "Armalo",
    `<p>Trust infrastructure for AI agents. Organizations register agents, write down what they promise (pacts), test them (evals) and read what was found (scores), with the evidence behind it.</p>
<p>What was found can be passed on: as attestations, receipts and co-signed pacts that anybody can check offline, each of them in a log that only grows. Of an agent that was made public, anybody may read what is known (the trust oracle), as data, as a badge and as a page.</p>
<p>Two kinds of callers need no account: agents that pay for one call (<a href="/v1/prices">price list</a>, x402), and agents of a swarm that meet in a room.</p>
<ul><li><a href="/docs">API reference and glossary</a></li><li><a href="/openapi.json">OpenAPI document</a></li><li><a href="/ready">State of this installation</a></li><li><a href="/.well-known/security.txt">Reporting a vulnerability</a></li></ul>`,
  );

export function problemPage(code: string): MediaAnswer {
  if (!isProblemCode(code)) throw problem("not_found", "no such problem code");
  const [status, title, explanation] = problems[code];
  return page(
    title,
    `<p>${markCode(explanation)}</p><dl><dt>Code</dt><dd><code>${code}</code></dd><dt>HTTP status</dt><dd>${status}</dd></dl><p><a href="/docs">API reference</a></p>`,
  );
}

/** The API reference: Scalar's own bundle from this Worker, started by one script with a nonce; a plain glossary before it. */
export function docsPage(): MediaAnswer {
  const nonce = crypto.randomUUID();
  const words = Object.entries(glossary).map(([word, meaning]) => `<dt>${escapeMarkup(word)}</dt><dd>${escapeMarkup(meaning)}</dd>`);
  const content = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Armalo API reference</title><link rel="icon" href="data:,">
<style nonce="${nonce}">.glossary{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:1rem auto;padding:0 1rem}.glossary dt{font-weight:600;margin-top:.5rem}.glossary dd{margin:0}</style></head>
<body><details class="glossary"><summary>Glossary: the words used here</summary><dl>${words.join("")}</dl></details><div id="reference"></div>
<script nonce="${nonce}" src="/docs/scalar.js"></script>
<script nonce="${nonce}">Scalar.createApiReference("#reference",{url:"/openapi.json",withDefaultFonts:false,telemetry:false,agent:{disabled:true},mcp:{disabled:true},hideClientButton:true,showDeveloperTools:"never"})</script></body></html>`;
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    "style-src 'self' 'unsafe-inline'",
    "connect-src 'self'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ];
  return { content, mediaType: "text/html", headers: { "Content-Security-Policy": policy.join("; ") } };
}

/** The disclosure policy that security.txt names; SECURITY.md says the same. */
export const policyPage = (): MediaAnswer =>
  page(
    "Reporting a vulnerability",
    `<p>Write to <a href="mailto:security@armalo.ai">security@armalo.ai</a>, in private, with what you found and how to see it. You get an answer within 48 hours.</p>
<p>Whoever looks for faults in good faith, touches no data of others, harms no service and gives us time to mend it before publishing has nothing to fear from us: we take no legal action and ask nobody else to.</p>
<h2>Leaked API keys</h2><p>Our keys match <code>${escapeMarkup(apiKeyPattern.source)}</code>; the last part is the CRC-32 of all before it, in base62. Secret scanners are welcome to use this.</p>`,
  );
