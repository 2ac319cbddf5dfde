import { PlainFailure } from "../plain-failure.ts";

const parts = {
  people: "sessions, and webhooks in both directions",
  decisions: "decisions of policies",
  invoke: "using a grant, beside calling its upstream directly",
} as const;
type Part = keyof typeof parts;
const isPart = (name: string): name is Part => Object.hasOwn(parts, name);
const usage = [
  `npm run bench [-- --only ${Object.keys(parts).join("|")}]\n`,
  ...Object.entries(parts).map(([name, what]) => `  --only ${name.padEnd(12)}${what}`),
].join("\n");

/** The part that alone was asked for, if one was. Throws how to ask where it was asked for in another way. */
export function readOnly(): Part | undefined {
  const [flag, name, ...others] = process.argv.slice(2);
  if (flag === undefined) return undefined;
  if (flag !== "--only" || name === undefined || !isPart(name) || others.length > 0) throw new PlainFailure(usage);
  return name;
}
