import { finding, type CheckName, type Finding, type Verdict } from "./verdicts.ts";

type Damage = {
  readonly kind: Extract<Verdict, "changed" | "missing" | "truncated" | "reordered" | "repeated" | "unlogged">;
  readonly seq: number;
};

const named = 5;

/** One line for each kind of damage, with the first few things that have it. `noun`: what is numbered. */
export function summarize(check: CheckName, noun: string, found: readonly Damage[]): Finding[] {
  const kinds = [...new Set(found.map(({ kind }) => kind))];
  return kinds.map((kind) => {
    const numbers = found.filter((one) => one.kind === kind).map(({ seq }) => seq);
    const first = numbers.slice(0, named).join(", ");
    if (kind === "truncated") return finding(check, kind, `from ${noun} ${first} on`);
    return finding(check, kind, `${noun} ${first}${numbers.length > named ? ` and ${numbers.length - named} more` : ""}`);
  });
}
