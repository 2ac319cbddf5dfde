import type { z } from "zod";
import type { ScoreBody } from "../features/scores/schemas.ts";

type Score = z.output<typeof ScoreBody>;
const width = 100;

/** A score as a table for the terminal: each dimension with its S, N, L and U, and in words under it what they mean. */
export function showScore(score: Score): string {
  const rows = Object.entries(score.dimensions).flatMap(([name, { S, N, L, U, inWords, required }]) => [
    `  ${name.padEnd(16)}${[S, N].map((value) => value.toFixed(1).padStart(8)).join("")}${[L, U].map((value) => value.toFixed(3).padStart(8)).join("")}${required ? "" : "   optional"}`,
    ...wrap(inWords, "      "),
    "",
  ]);
  const unavailable = Object.entries(score.dimensions).flatMap(([name, dimension]) =>
    dimension.unavailable.map(({ reason, attribution, count }) => `    ${name}: ${count} × ${reason}, attributed to the ${attribution}`),
  );
  const missing = score.missing.flatMap(({ inWords }) => wrap(inWords, "  "));
  const violations = score.openCriticalViolations.flatMap(({ conditionId, passesSince, passesToClose }) =>
    wrap(
      `Open critical violation of “${conditionId}”: it closes after ${passesToClose} passes of the same condition in a row since the last failure, ${passesSince} so far.`,
      "  ",
    ),
  );
  return [
    ...wrap(score.inWords, "  "),
    ...wrap(`Status ${score.status}, confidence ${percent(score.confidence)}, ${score.totalEvals} runs.`, "  "),
    "",
    "  S: how much of the evidence is good. N: how much there is. L and U: the true rate is above L, and",
    "  below U, each with 95 % confidence. The score is built from L, so it grows with evidence.",
    "",
    `  ${"dimension".padEnd(16)}${["S", "N", "L", "U"].map((name) => name.padStart(8)).join("")}`,
    ...rows,
    ...(unavailable.length === 0 ? [] : ["  What could not be scored, which counts neither way:", ...unavailable, ""]),
    ...(violations.length === 0 ? [] : [...violations, ""]),
    ...(missing.length === 0 ? ["  Nothing is missing."] : ["  What is missing:", ...missing]),
  ].join("\n");
}

const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;

function wrap(text: string, indent: string): string[] {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(" ")) {
    if (line.length + word.length + 1 > width && line.trim() !== "") {
      lines.push(line);
      line = indent;
    }
    line += line === indent ? word : ` ${word}`;
  }
  return [...lines, line];
}
