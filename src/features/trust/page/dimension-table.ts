import { markup, type Markup } from "../../../http/markup.ts";
import { tierFloors } from "../../scores/index.ts";
import { dimensionNames, tierNames } from "../../../scores/names.ts";
import type { DimensionView, TrustView } from "../schemas.ts";
import { nameOf, plural, share } from "./words.ts";

const at = (value: number): string => `${(value * 100).toFixed(2)}%`;
const height = 22;
const middle = height / 2;

/** Every dimension with its interval drawn and written, in one table: the plot's text alternative is its own row. */
export const dimensionTable = ({
  dimensions,
}: TrustView): Markup => markup`<section aria-labelledby="dimensions"><h2 id="dimensions">Dimensions</h2>
<table class="dims"><caption>The true rate lies above the left end of a bar with 95 % confidence, and below its right end with 95 % confidence; the score is built from the left ends. Lines mark what a tier needs: ${floorWords}.</caption>
<thead><tr><th scope="col">Dimension</th><th scope="col" class="range">${axis}</th><th scope="col">From – to</th><th scope="col"><abbr title="Weight of the evidence">N</abbr></th><th scope="col" class="wide">Checks</th></tr></thead>
<tbody>${dimensionNames.map((name) => row(nameOf(name), dimensions[name]))}</tbody></table>
<details><summary>Each dimension in words</summary><dl class="facts">${dimensionNames.map((name) => inWords(nameOf(name), dimensions[name]))}</dl></details></section>`;

const floorWords = tierNames
  .toReversed()
  .map((tier) => `${tier} ${tierFloors[tier].toFixed(2)}`)
  .join(", ");

const floors = tierNames.map(
  (tier) => markup`<line class="floor" x1="${at(tierFloors[tier])}" x2="${at(tierFloors[tier])}" y1="2" y2="${height - 2}"/>`,
);

const axis = markup`<svg height="14" role="img" aria-label="Interval, on a scale from 0 to 1"><text x="0" y="11">0</text><text x="50%" y="11" text-anchor="middle">0.5</text><text x="100%" y="11" text-anchor="end">1</text></svg>`;

function row(name: string, dimension: DimensionView): Markup {
  const { N, checks, counted, needs, L, U } = dimension;
  const written = L === null || U === null ? markup`<span class="none">no evidence</span>` : markup`${share(L)} – ${share(U)}`;
  const weight =
    N === 0
      ? markup`<span class="none">none</span>`
      : counted
        ? markup`${N.toFixed(1)}`
        : markup`${N.toFixed(1)} <span class="none">of ${needs}</span>`;
  return markup`<tr${counted ? markup`` : markup` class="spare"`}><th scope="row">${name}</th><td class="range">${interval(name, dimension)}</td><td>${written}</td><td>${weight}</td><td class="wide">${checks === 0 ? markup`<span class="none">none</span>` : checks}</td></tr>`;
}

function interval(name: string, { L, U }: DimensionView): Markup {
  if (L === null || U === null)
    return markup`<svg height="${height}" role="img" aria-label="${name}: no evidence, so no interval">${floors}<line class="void" x1="0" x2="100%" y1="${middle}" y2="${middle}"/></svg>`;
  return markup`<svg height="${height}" role="img" aria-label="${name}: from ${share(L)} to ${share(U)}">${floors}<line class="track" x1="0" x2="100%" y1="${middle}" y2="${middle}"/><rect class="band" x="${at(L)}" width="${at(U - L)}" y="${middle - 4}" height="8" rx="1"/><rect class="low" x="${at(L)}" width="3" y="${middle - 7}" height="14" rx="1"/></svg>`;
}

function inWords(name: string, { inWords: words, required, notScored }: DimensionView): Markup {
  const kind = required ? "" : " Optional: it counts once there is enough evidence.";
  const lost = notScored.map(
    ({ count, reason, attribution }) => markup` ${plural(count, "check")} not scored: <code>${reason}</code> (${attribution}).`,
  );
  return markup`<dt>${name}</dt><dd>${words}${kind}${lost}</dd>`;
}
