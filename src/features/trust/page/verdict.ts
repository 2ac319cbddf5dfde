import { markup, nothing, type Markup } from "../../../http/markup.ts";
import type { TrustView } from "../schemas.ts";
import { isFinding, moment, percent, plural } from "./words.ts";

/** The head of the page: whose it is, where it stands, and what speaks against it. */
export const verdict = (report: TrustView): Markup =>
  markup`<h1><bdi>${report.agent.name}</bdi></h1>${whose(report)}${violations(report)}${standing(report)}<p class="lede">${sentence(report)}</p>`;

function whose({ agent, deployment: { kind, environment } }: TrustView): Markup {
  const version =
    agent.version === null ? markup`version ${agent.versionNumber}` : markup`version <bdi>${agent.version}</bdi> (${agent.versionNumber})`;
  const flags = [
    ...(environment === "test" ? [markup` <span class="flag">test organization</span>`] : []),
    ...(kind === "cloud" ? [] : [markup` <span class="flag">${kind} installation</span>`]),
  ];
  return markup`<p class="meta">${version} · <code>${agent.id}</code>${flags}</p>`;
}

function standing({ score: { composite, tier, confidence }, unavailable }: TrustView): Markup {
  const figure =
    composite === null
      ? markup`<dd class="figure words">Insufficient evidence</dd>`
      : markup`<dd class="figure">${composite}<small>/ 1000</small></dd>`;
  const isFound = unavailable.some(({ subject, reason }) => subject === "tier" && isFinding(reason));
  const tierWord = tier === null ? markup`<dd class="none">${isFound ? "none" : "unknown"}</dd>` : markup`<dd class="tier">${tier}</dd>`;
  const sure = confidence === null ? markup`<dd class="none">unknown</dd>` : markup`<dd>${percent(confidence)}</dd>`;
  return markup`<dl class="standing"><div><dt>Trust score</dt>${figure}</div><div><dt>Tier</dt>${tierWord}</div><div><dt>Confidence</dt>${sure}</div></dl>`;
}

function sentence({ score, unavailable }: TrustView): string {
  const { runs, checks } = score;
  const base =
    checks === 0
      ? "Nothing has been checked yet, so nothing is known: neither good nor bad."
      : `Computed from ${plural(checks, "scored check")} in ${plural(runs, "run")}, by formula ${score.formula}.`;
  const tier = unavailable.find(({ subject }) => subject === "tier");
  if (score.composite === null) return `${base} Without enough evidence there is no score; that is not a low one.`;
  return tier === undefined ? base : `${base} There is no tier: ${lowerFirst(tier.inWords)}`;
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

function violations({ openCriticalViolations: open }: TrustView): Markup {
  if (open.length === 0) return nothing;
  const items = open.map(
    ({ conditionId, failedAt, passesSince, passesToClose }) =>
      markup`<li>Condition <code>${conditionId}</code> failed on ${moment(failedAt)}. ${passesSince} of the ${passesToClose} passing checks that close it have followed.</li>`,
  );
  return markup`<div class="alert"><h2>${plural(open.length, "open critical violation")}</h2><p>A condition that the agent's pact calls critical was broken. It closes by later checks, not because somebody says so.</p><ul>${items}</ul></div>`;
}
