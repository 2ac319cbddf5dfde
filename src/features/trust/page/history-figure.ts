import { markup, nothing, type Markup } from "../../../http/markup.ts";
import type { HistoryPointView, TrustView } from "../schemas.ts";
import { dayOf, moment, plural } from "./words.ts";

const height = 220;
/** Pixels between the frame and the plot. Below it are a lane for what has no score, apart from the scale, and the days. */
const [top, bottom] = [10, 56];
const laneY = height - 32;
const gridScores = [0, 250, 500, 750, 1000];
/** Of the width, in percent. The labels of the scores stand left of it, in the margin that the style sheet leaves. */
const [left, right] = [0, 100];
const labelX = -12;

type Placed = HistoryPointView & { readonly x: number };

const yOf = (score: number): number => top + (1 - score / 1000) * (height - top - bottom);
const percentOf = (x: number): string => `${x.toFixed(2)}%`;

/** The stored scores over time. Where there was no score the line breaks: nothing is drawn across what is not known. */
export function historyFigure({ history }: TrustView): Markup {
  const points = place(history.toReversed());
  const [first, last] = [points[0], points.at(-1)];
  const body =
    first === undefined || last === undefined
      ? markup`<p class="none">No score has been stored yet, so there is no history to show.</p>`
      : markup`<figure class="history">${plot(points, first, last)}<figcaption>${legend(points)}</figcaption></figure>${table(history)}`;
  return markup`<section aria-labelledby="history"><h2 id="history">History</h2>${body}</section>`;
}

/** Along the time between the first and the last; one after the other where all are of one moment. */
function place(history: readonly HistoryPointView[]): Placed[] {
  const times = history.map(({ computedAt }) => Date.parse(computedAt));
  const [from = 0, to = 0] = [times[0], times.at(-1)];
  const partOf = (index: number): number => {
    if (history.length === 1) return 1;
    return to > from ? ((times[index] ?? from) - from) / (to - from) : index / (history.length - 1);
  };
  return history.map((point, index) => ({ ...point, x: left + (right - left) * partOf(index) }));
}

function plot(points: readonly Placed[], first: Placed, last: Placed): Markup {
  const grid = gridScores.map(
    (score) =>
      markup`<line class="grid" x1="${percentOf(left)}" x2="${percentOf(right)}" y1="${yOf(score)}" y2="${yOf(score)}"/><text x="${labelX}" y="${yOf(score) + 4}" text-anchor="end">${score}</text>`,
  );
  const days =
    dayOf(first.computedAt) === dayOf(last.computedAt)
      ? [markup`<text x="${percentOf(right)}" y="${height - 6}" text-anchor="end">${dayOf(last.computedAt)}</text>`]
      : [
          markup`<text x="${percentOf(left)}" y="${height - 6}">${dayOf(first.computedAt)}</text>`,
          markup`<text x="${percentOf(right)}" y="${height - 6}" text-anchor="end">${dayOf(last.computedAt)}</text>`,
        ];
  const lane = points.some(({ compositeScore }) => compositeScore === null)
    ? markup`<line class="void" x1="${percentOf(left)}" x2="${percentOf(right)}" y1="${laneY}" y2="${laneY}"/><text x="${labelX}" y="${laneY + 4}" text-anchor="end">none</text>`
    : nothing;
  const lines = points.slice(1).map((point, index) => segment(points[index], point));
  return markup`<svg height="${height}" role="img" aria-label="${describe(points)}">${grid}${lane}${days}${lines}${points.map(mark)}</svg>`;
}

function segment(from: Placed | undefined, to: Placed): Markup {
  if (from === undefined || from.compositeScore === null || to.compositeScore === null) return nothing;
  return markup`<line class="series" x1="${percentOf(from.x)}" x2="${percentOf(to.x)}" y1="${yOf(from.compositeScore)}" y2="${yOf(to.compositeScore)}"/>`;
}

function mark({ x, compositeScore: score, openCriticalViolations: open }: Placed): Markup {
  const shape = open > 0 ? "breach" : score === null ? "gap" : "dot";
  const y = score === null ? laneY : yOf(score);
  if (shape === "breach")
    return markup`<svg x="${percentOf(x)}" y="${y}" width="1" height="1" overflow="visible"><path class="breach" d="M0-6 6 5H-6Z"/></svg>`;
  return markup`<circle class="${shape}" cx="${percentOf(x)}" cy="${y}" r="4"/>`;
}

function describe(points: readonly Placed[]): string {
  const scored = points.flatMap(({ compositeScore }) => compositeScore ?? []);
  const gaps = points.length - scored.length;
  const range =
    scored.length === 0
      ? "none has a score"
      : `scores from ${Math.min(...scored)} to ${Math.max(...scored)}, the newest ${scored.at(-1) ?? ""}`;
  return `${plural(points.length, "stored result")}: ${range}${gaps === 0 || scored.length === 0 ? "" : `; ${gaps} without a score`}. The table below has each.`;
}

function legend(points: readonly Placed[]): Markup {
  const hasGap = points.some(({ compositeScore, openCriticalViolations }) => compositeScore === null && openCriticalViolations === 0);
  const hasBreach = points.some(({ openCriticalViolations }) => openCriticalViolations > 0);
  const key = (shape: Markup, words: string): Markup =>
    markup` <span><svg class="key" viewBox="-7 -7 14 14" aria-hidden="true">${shape}</svg> ${words}</span>`;
  return markup`Trust score, 0 to 1000.${hasGap ? key(markup`<circle class="gap" r="5"/>`, "too little evidence: no score, and no line.") : nothing}${hasBreach ? key(markup`<path class="breach" d="M0-6 6 5H-6Z"/>`, "a critical violation was open.") : nothing}`;
}

function table(history: readonly HistoryPointView[]): Markup {
  const rows = history.map(
    ({ computedAt, versionNumber, compositeScore, certificationTier, openCriticalViolations }) =>
      markup`<tr><th scope="row">${moment(computedAt)}</th><td>${compositeScore ?? markup`<span class="none">no score</span>`}</td><td>${certificationTier ?? markup`<span class="none">none</span>`}</td><td>${openCriticalViolations}</td><td class="wide">${versionNumber}</td></tr>`,
  );
  return markup`<details><summary>The same as a table</summary><table><thead><tr><th scope="col">Computed</th><th scope="col">Score</th><th scope="col">Tier</th><th scope="col">Open violations</th><th scope="col" class="wide">Agent version</th></tr></thead><tbody>${rows}</tbody></table></details>`;
}
