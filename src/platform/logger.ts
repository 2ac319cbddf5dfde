export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** One JSON line. Callers pass names, codes and durations only: never a URL, a header, a body or a credential. */
export function log(level: "info" | "warn" | "error", event: string, fields: LogFields): void {
  console.log(JSON.stringify({ level, event, ...fields }));
}
