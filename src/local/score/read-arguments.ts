import { parseArgs } from "node:util";
import { endpointProtocols, type EndpointProtocol } from "../../db/schema/agents.ts";
import { PlainFailure } from "../plain-failure.ts";

const usage =
  `Usage: npm run score -- --endpoint URL --protocol ${endpointProtocols.join("|")} --suite FILE [--header "Name: value"]…\n\n` +
  "  FILE holds a suite as JSON or YAML; the running server publishes its schema at /v1/suite-schema.";

export type ScoreArguments = {
  readonly endpoint: string;
  readonly protocol: EndpointProtocol;
  readonly suite: string;
  readonly headers: Readonly<Record<string, string>>;
};

/** What the command line asks for, or a sentence that says what is wrong with it. */
export function readArguments(args: readonly string[]): ScoreArguments {
  const { endpoint, protocol, suite, header = [] } = parse(args);
  if (endpoint === undefined || suite === undefined) throw new PlainFailure(usage);
  const known = endpointProtocols.find((name) => name === protocol);
  if (known === undefined) throw new PlainFailure(`--protocol is one of ${endpointProtocols.join(", ")}.\n\n${usage}`);
  return { endpoint, protocol: known, suite, headers: Object.fromEntries(header.map(readHeader)) };
}

function parse(args: readonly string[]) {
  const one = { type: "string" } as const;
  try {
    const options = { endpoint: one, protocol: { ...one, default: "json" }, suite: one, header: { ...one, multiple: true } } as const;
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new PlainFailure(`${error instanceof Error ? error.message : "The arguments cannot be read."}\n\n${usage}`);
  }
}

/** What is wrong is said without the value, which is a secret more often than not. */
function readHeader(text: string): readonly [name: string, value: string] {
  const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):\s*(\S.*)$/.exec(text.trim());
  const [, name, value] = match ?? [];
  if (name === undefined || value === undefined) throw new PlainFailure('A --header is written "Name: value".');
  return [name, value];
}
