import { PlainFailure } from "../plain-failure.ts";

/** What was written behind a command, as the terminal gave it. */
export type Options = Readonly<Record<string, string | boolean | undefined>>;

export function text(options: Options, name: string): string {
  const value = options[name];
  if (typeof value !== "string" || value.trim() === "") throw new PlainFailure(`--${name} is needed.`);
  return value.trim();
}

export function oneOf<T extends string>(options: Options, name: string, known: readonly T[]): T {
  const value = known.find((one) => one === options[name]);
  if (value === undefined) throw new PlainFailure(`--${name} is one of ${known.join(", ")}.`);
  return value;
}
