import { markup } from "../../http/markup.ts";
import type { TextAnswer } from "../../http/operation.ts";
import type { TrustView } from "./schemas.ts";

/** Fills behind white text, each with a contrast of at least 4.5 (WCAG 2.2, 1.4.3). The words say the same without them. */
const fills = { violated: "#b3261e", unknown: "#5c636c", tiered: "#0b6b4f", scored: "#3a5680" } as const;
const labelFill = "#24292f";
const height = 20;
const padding = 7;

type Message = { readonly text: string; readonly fill: string };

/** What the badge says: an open critical violation before all else, and that there is too little evidence wherever that is so. */
function messageOf({ score, openCriticalViolations }: TrustView): Message {
  const standing = score.composite === null ? "insufficient evidence" : `${score.composite} / 1000`;
  const count = openCriticalViolations.length;
  if (count > 0) return { text: `${standing} · ${count} critical violation${count === 1 ? "" : "s"}`, fill: fills.violated };
  if (score.composite === null) return { text: standing, fill: fills.unknown };
  return { text: `${standing} · ${score.tier ?? "no tier"}`, fill: score.tier === null ? fills.scored : fills.tiered };
}

/** What a signature of ours would say of itself: a test organization, or an installation that is not the cloud's, is named. */
function labelOf({ deployment: { kind, environment } }: TrustView): string {
  const origin = environment === "test" ? "test" : kind === "cloud" ? undefined : kind;
  return origin === undefined ? "armalo trust" : `armalo trust (${origin})`;
}

/** The width of a text at 11 px in the badge's fonts, about; the browser then sets it to exactly this. */
const widthOf = (text: string): number => Math.round(text.split("").reduce((width, character) => width + characterWidth(character), 0));

const characterWidth = (character: string): number => (/[ .,·()/ijlt]/.test(character) ? 4.2 : /[mw]/.test(character) ? 9.6 : 6.7);

/** An SVG image without script, style or anything from elsewhere. All that comes from outside is escaped. */
export function badge(report: TrustView): TextAnswer {
  const label = labelOf(report);
  const { text, fill } = messageOf(report);
  const [labelWidth, textWidth] = [widthOf(label), widthOf(text)];
  const [left, right] = [labelWidth + 2 * padding, textWidth + 2 * padding];
  const title = `${report.agent.name}: ${label}, ${text}`;
  const svg = markup`<svg xmlns="http://www.w3.org/2000/svg" width="${left + right}" height="${height}" viewBox="0 0 ${left + right} ${height}" role="img" aria-label="${title}"><title>${title}</title><desc>What stands behind it: ${report.links.page}</desc><path fill="${labelFill}" d="M${left} 0H3a3 3 0 0 0-3 3v14a3 3 0 0 0 3 3h${left - 3}z"/><path fill="${fill}" d="M${left} 0h${right - 3}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3h-${right - 3}z"/><g fill="#fff" font-family="Verdana,'DejaVu Sans',Geneva,sans-serif" font-size="11" aria-hidden="true"><text x="${padding}" y="14" textLength="${labelWidth}">${label}</text><text x="${left + padding}" y="14" textLength="${textWidth}">${text}</text></g></svg>`;
  return { content: svg.text, mediaType: "image/svg+xml", headers: { Link: linksOf(report) } };
}

/** Where the figures and what proves them can be had (RFC 8288): an image has no links that anybody could follow. */
function linksOf({ links, attestation, log }: TrustView): string {
  const proofs = [attestation?.bundle, log?.checkpoint].filter((url) => url !== undefined);
  return [`<${links.page}>; rel="about"`, ...proofs.map((url) => `<${url}>; rel="describedby"`)].join(", ");
}
