/** What the log may say of a fault: its blocker, where it was thrown with one; else its name and place, since a message may hold data. */
export function describeFault(thrown: unknown): string {
  if (!(thrown instanceof Error)) return `a thrown ${typeof thrown}`;
  if ("blocker" in thrown && typeof thrown.blocker === "string") return thrown.blocker;
  const frames = (thrown.stack ?? "").split("\n").filter((line) => /^\s*at /.test(line));
  const code = "code" in thrown && typeof thrown.code === "string" ? ` ${thrown.code}` : "";
  return `${thrown.name}${code} ${frames.slice(0, 3).join(" ").replaceAll(/\s+/g, " ")}`;
}
