export type Goal = {
  readonly name: string;
  readonly value: number;
  readonly bound: "at least" | "at most";
  readonly goal: number;
  readonly unit: string;
};

/** Three digits, or all of a whole number. */
export const digits = (value: number): string => (value < 100 ? String(Number(value.toPrecision(3))) : String(Math.round(value)));

/** A Markdown table whose columns also line up in a terminal. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(3, title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}
