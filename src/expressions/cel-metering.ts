import type { ASTNode } from "@marcbachmann/cel-js";

const typeNames = new Set(["bool", "int", "uint", "double", "string", "list", "map", "null_type", "type"]);
const functions = new Set(["bool", "double", "dyn", "duration", "has", "int", "size", "string", "timestamp", "type", "uint"]);
const loops = new Set(["all", "exists", "exists_one", "filter", "map"]);
/** Methods, and what stands for them in the metered text: our own functions where the engine's could be made to hang. */
const methods = new Map([
  ["contains", "containsMetered"],
  ["endsWith", "endsWith"],
  ["matches", "matchesMetered"],
  ["size", "size"],
  ["startsWith", "startsWith"],
]);
const maxDepth = 100;
/** The engine reads durations in time cubic in their length. */
const maxDurationChars = 32;

export type Metered = {
  /** The expression with each node wrapped in `meter(…)` or `weigh(…)`. */
  readonly text: string;
  /** The declared variables that it reads. */
  readonly reads: ReadonlySet<string>;
  /** The members that it names, as in `output.price` and `output["price"]`. */
  readonly members: ReadonlySet<string>;
  /** The pattern of each `matches`. */
  readonly patterns: ReadonlySet<string>;
};
export type Metering = ({ readonly ok: true } & Metered) | { readonly ok: false; readonly detail: string };

class NotAllowed extends Error {}

/**
 * Rewrites a parsed CEL expression so that it pays for itself: the engine has no budget of its own, and a hundred
 * characters of nested loops or repeated doubling would run for hours. Every node that is not a literal is wrapped in
 * `meter(…)`, or in `weigh(…)` where its whole value is compared. What is not on the lists above is refused.
 */
export function meterExpression(ast: ASTNode, variables: ReadonlySet<string>): Metering {
  const reads = new Set<string>();
  const members = new Set<string>();
  const patterns = new Set<string>();
  const writer = { reads, members, patterns, variables };
  try {
    return { ok: true, text: write(ast, { ...writer, bound: new Set(), depth: 0 }), reads, members, patterns };
  } catch (error) {
    if (error instanceof NotAllowed) return { ok: false, detail: error.message };
    throw error;
  }
}

type Scope = {
  readonly reads: Set<string>;
  readonly members: Set<string>;
  readonly patterns: Set<string>;
  readonly variables: ReadonlySet<string>;
  readonly bound: ReadonlySet<string>;
  readonly depth: number;
};

function write(node: ASTNode, outer: Scope, wrapper: "meter" | "weigh" = "meter"): string {
  if (outer.depth > maxDepth) throw new NotAllowed("the expression is nested too deeply");
  const scope = { ...outer, depth: outer.depth + 1 };
  const inner = (child: ASTNode) => write(child, scope);
  if (node.op === "value") return writeLiteral(node);
  const text = writeNode(node, scope, inner);
  return `${wrapper}(${text})`;
}

function writeNode(node: Exclude<ASTNode, { op: "value" }>, scope: Scope, inner: (child: ASTNode) => string): string {
  switch (node.op) {
    case "id":
      return writeName(node.args, scope);
    case ".":
      scope.members.add(node.args[1]);
      return `${inner(node.args[0])}.${node.args[1]}`;
    case "[]":
      if (node.args[1].op === "value" && typeof node.args[1].args === "string") scope.members.add(node.args[1].args);
      return `${inner(node.args[0])}[${inner(node.args[1])}]`;
    case "call":
      return writeCall(node.args[0], node.args[1], scope, inner);
    case "rcall":
      return writeMethod(node.args[0], node.args[1], node.args[2], scope, inner);
    case "list":
      return `[${node.args.map(inner).join(", ")}]`;
    case "map":
      return `{${node.args.map(([key, value]) => `${inner(key)}: ${inner(value)}`).join(", ")}}`;
    case "?:":
      return `${inner(node.args[0])} ? ${inner(node.args[1])} : ${inner(node.args[2])}`;
    case "!_":
    case "-_":
      return `${node.op.charAt(0)}(${inner(node.args)})`;
    case "==":
    case "!=":
    case "in":
      return node.args.map((operand) => `(${write(operand, scope, "weigh")})`).join(` ${node.op} `);
    case ".?":
    case "[?]":
      throw new NotAllowed("optional access is not supported");
    default:
      return node.args.map((operand) => `(${inner(operand)})`).join(` ${node.op} `);
  }
}

function writeLiteral(node: Extract<ASTNode, { op: "value" }>): string {
  if (node.args instanceof Uint8Array) throw new NotAllowed("bytes are not supported");
  return node.input.slice(node.start, node.end);
}

function writeName(name: string, scope: Scope): string {
  if (scope.bound.has(name)) return name;
  if (scope.variables.has(name)) scope.reads.add(name);
  else if (!typeNames.has(name)) throw new NotAllowed(`unknown name: ${name}`);
  return name;
}

function writeCall(name: string, args: readonly ASTNode[], scope: Scope, inner: (child: ASTNode) => string): string {
  if (!functions.has(name)) throw new NotAllowed(`the function ${name}() is not supported`);
  const [first] = args;
  if (name === "has" && first !== undefined) return `has(${writeChain(first, scope)})`;
  if (name === "duration" && !isShortText(first))
    throw new NotAllowed(`duration() takes a literal of at most ${maxDurationChars} characters`);
  return `${name}(${args.map(inner).join(", ")})`;
}

const isShortText = (node: ASTNode | undefined): boolean =>
  node?.op === "value" && typeof node.args === "string" && node.args.length <= maxDurationChars;

/** The argument of `has`: member accesses that start at a name, which must reach the engine as they stand. */
function writeChain(node: ASTNode, scope: Scope): string {
  if (node.op === "id") return writeName(node.args, scope);
  if (node.op === ".") {
    scope.members.add(node.args[1]);
    return `${writeChain(node.args[0], scope)}.${node.args[1]}`;
  }
  throw new NotAllowed("has() takes a member, such as output.price");
}

function writeMethod(name: string, target: ASTNode, args: readonly ASTNode[], scope: Scope, inner: (child: ASTNode) => string): string {
  const [first, ...rest] = args;
  if (loops.has(name) && rest.length > 0) {
    if (first?.op !== "id" || scope.variables.has(first.args)) throw new NotAllowed(`${name}() needs a name of its own for each element`);
    const body = { ...scope, bound: new Set([...scope.bound, first.args]) };
    return `${inner(target)}.${name}(${[first.args, ...rest.map((part) => write(part, body))].join(", ")})`;
  }
  const method = methods.get(name);
  if (method === undefined) throw new NotAllowed(`the method ${name}() is not supported`);
  if (name === "matches") {
    if (first?.op !== "value" || typeof first.args !== "string") throw new NotAllowed("matches() takes a literal pattern");
    scope.patterns.add(first.args);
  }
  return `${inner(target)}.${method}(${args.map(inner).join(", ")})`;
}
