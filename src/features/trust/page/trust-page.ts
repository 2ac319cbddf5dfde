import { markup, type Markup } from "../../../http/markup.ts";
import type { TextAnswer } from "../../../http/operation.ts";
import type { TrustView } from "../schemas.ts";
import { dimensionTable } from "./dimension-table.ts";
import { historyFigure } from "./history-figure.ts";
import { compliance, gaps, proof } from "./proof.ts";
import { style, styleHash } from "./style.ts";
import { verdict } from "./verdict.ts";
import { moment } from "./words.ts";

const policy = (): string =>
  `default-src 'none'; style-src '${styleHash()}'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`;

/** A public agent's trust as one page for a person: no script, and nothing from elsewhere. */
export function trustPage(report: TrustView): TextAnswer {
  const content = markup`<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${report.agent.name} · Armalo trust report</title><link rel="icon" href="data:,"><style>${style}</style></head>
<body><header><div class="wrap"><a href="/">Armalo</a><span>Trust report</span></div></header>
<main class="wrap">${verdict(report)}${dimensionTable(report)}${historyFigure(report)}${compliance(report)}${proof(report)}${gaps(report)}${embed(report)}</main>
<footer><div class="wrap">Computed ${moment(report.computedAt)}, and at most 30 seconds old when it was sent. <a href="/v1/trust/${report.agent.id}">The same as JSON</a>. <a href="/docs">What the words mean</a>.</div></footer></body></html>`;
  return { content: content.text, mediaType: "text/html", headers: { "Content-Security-Policy": policy() } };
}

const embed = ({ links }: TrustView): Markup => markup`<section aria-labelledby="badge"><h2 id="badge">Badge</h2>
<p>It always shows what stands on this page, and may be shown anywhere.</p><img class="badge" src="${path(links.badge)}" height="20" alt="Trust badge of this agent">
<pre><code>[![Armalo trust](${links.badge})](${links.page})</code></pre></section>`;

const path = (url: string): string => new URL(url).pathname;
