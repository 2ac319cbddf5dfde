import { sha256 } from "@noble/hashes/sha2.js";
import { toBase64, utf8 } from "../../../crypto/encoding.ts";
import { markup } from "../../../http/markup.ts";

/** The page's only style sheet: two palettes, one column, nothing from elsewhere. */
export const style = markup`
:root{color-scheme:light dark;--paper:#fcfcfa;--ink:#16191d;--soft:#59616b;--line:#d9dcdf;--faint:#eceeef;--floor:#b9bfc5;--good:#0b6b4f;--mark:#0f7c5c;--band:#a8d3c3;--bad:#a8201a;--bad-bg:#fbeeec;--link:#0a5a8a}
@media (prefers-color-scheme:dark){:root{--paper:#111417;--ink:#e8ebee;--soft:#a0a9b3;--line:#333a41;--faint:#1e2328;--floor:#4a535c;--good:#74d3ad;--mark:#74d3ad;--band:#24594a;--bad:#ff9b92;--bad-bg:#2b1816;--link:#86c5f2}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:1rem/1.6 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans","Helvetica Neue",Arial,sans-serif}
.wrap{max-width:50rem;margin:0 auto;padding:0 1.5rem}
a{color:var(--link);text-underline-offset:.18em;text-decoration-thickness:1px}
a:focus-visible,summary:focus-visible{outline:2px solid var(--link);outline-offset:3px;border-radius:2px}
code,pre,.mono{font:.8125rem/1.6 ui-monospace,"SF Mono",Menlo,Consolas,"Liberation Mono",monospace;overflow-wrap:anywhere}
header{border-bottom:1px solid var(--line);font-size:.875rem}
header .wrap{display:flex;justify-content:space-between;gap:1rem;padding-block:.875rem}
header a{color:inherit;font-weight:600;text-decoration:none;letter-spacing:.01em}
header span{color:var(--soft)}
h1,h2,.figure{font-family:ui-serif,"New York",Charter,"Bitstream Charter","Iowan Old Style",Georgia,"Liberation Serif",serif;font-weight:600}
h1{font-size:clamp(1.75rem,5vw,2.5rem);line-height:1.15;letter-spacing:-.012em;margin:3rem 0 .5rem;overflow-wrap:anywhere}
h2{font-size:1.3125rem;line-height:1.3;margin:0 0 .375rem}
.lede{margin-bottom:2.5rem}
section{border-top:1px solid var(--line);padding:2rem 0 2.25rem}
p{margin:.375rem 0;max-width:40rem}
.note,.meta,caption,figcaption,th,dt,footer{color:var(--soft);font-size:.875rem}
.meta{margin:0 0 2.25rem}
.meta code{color:inherit}
.flag{display:inline-block;border:1px solid currentColor;border-radius:3px;padding:0 .4em;font-size:.75rem;line-height:1.5;color:var(--soft)}
.standing{display:flex;flex-wrap:wrap;align-items:flex-end;gap:1.25rem 3.5rem;margin:0 0 1.125rem}
.standing div{display:flex;flex-direction:column-reverse}
.standing dt{line-height:1.4}
.standing dd{margin:0;font-size:1.5rem;line-height:1.25;font-variant-numeric:lining-nums tabular-nums}
.standing .figure{font-size:clamp(3.5rem,13vw,5rem);line-height:.95;letter-spacing:-.025em}
.standing .figure small{font-size:1.125rem;letter-spacing:0;font-weight:400;color:var(--soft);margin-left:.35rem}
.standing .words{font-size:clamp(2rem,8vw,2.75rem);line-height:1.05}
.tier{color:var(--good);text-transform:capitalize}
.none{color:var(--soft)}
.alert{background:var(--bad-bg);border:1px solid var(--bad);border-radius:4px;padding:1rem 1.25rem 1.125rem;margin:0 0 2rem}
.alert h2{color:var(--bad);font-size:1.125rem}
.alert ul{margin:.5rem 0 0;padding:0 0 0 1.125rem}
table{border-collapse:collapse;width:100%;font-variant-numeric:lining-nums tabular-nums}
caption{text-align:left;padding:0 0 1rem;max-width:40rem}
th,td{text-align:right;padding:.4375rem 0 .4375rem 1rem;border-bottom:1px solid var(--faint);vertical-align:middle}
th{font-weight:400}
thead th{vertical-align:bottom;border-bottom-color:var(--line)}
th:first-child,td:first-child{text-align:left;padding-left:0}
.dims td,.dims thead th{white-space:nowrap}
tbody th{color:var(--ink);font-size:1rem;font-weight:500}
tbody tr.spare th{font-weight:400;color:var(--soft)}
.range{width:44%}
.range svg,.history>svg{display:block;width:100%;overflow:visible}
.history>svg{width:calc(100% - 3.25rem);margin-left:2.875rem}
.grid{stroke:var(--line)}
.floor{stroke:var(--floor)}
.track{stroke:var(--faint)}
.band{fill:var(--band)}
.low{fill:var(--mark)}
.void{stroke:var(--soft);stroke-dasharray:2 4}
.series{stroke:var(--mark);stroke-width:1.75}
.dot{fill:var(--mark);stroke:var(--paper);stroke-width:1.5}
.gap{fill:var(--paper);stroke:var(--soft);stroke-width:1.25}
.breach{fill:var(--bad);stroke:var(--paper);stroke-width:1.5}
svg text{font:.75rem system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",Arial,sans-serif;fill:var(--soft);font-variant-numeric:tabular-nums}
figure{margin:1.25rem 0 0}
figcaption{margin-top:.625rem}
.key{display:inline-block;vertical-align:-.05em;width:.75em;height:.75em}
details{margin-top:1.125rem}
summary{cursor:pointer;color:var(--link);font-size:.875rem;width:fit-content}
details>:not(summary){margin-top:.75rem}
.facts{display:grid;grid-template-columns:minmax(8rem,max-content) 1fr;gap:.4375rem 1.5rem;margin:1.125rem 0 0}
.facts dd{margin:0;overflow-wrap:anywhere}
pre{margin:.75rem 0 0;padding:.75rem 1rem;background:var(--faint);border-radius:4px;white-space:pre-wrap}
.facts.gaps dt{color:var(--ink);font-size:1rem}
.facts.gaps dd{color:var(--soft)}
.badge{display:block;margin:1rem 0 0}
footer{border-top:1px solid var(--line);padding:1.25rem 0 3rem}
@media (max-width:36rem){.wrap{padding:0 1.125rem}h1{margin-top:2rem}.facts{grid-template-columns:1fr;gap:0}.facts dd{margin-bottom:.75rem}th,td{padding-left:.5rem;font-size:.8125rem}tbody th{font-size:.8125rem}.range{width:26%}.wide{display:none}}
@media print{body{font-size:10.5pt}details>summary{display:none}}
`;

let hash: string | undefined;
/** The policy's name for it (CSP3, 2.3.1): what is cached for all must not hold a nonce. */
export const styleHash = (): string => (hash ??= `sha256-${toBase64(sha256(utf8(style.text)))}`);
