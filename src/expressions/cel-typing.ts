import { Environment, type ASTNode } from "@marcbachmann/cel-js";
import { messageOf, parserLimits } from "./cel.ts";

/** A type of the engine's: `string`, `double`, `bool`, `dyn`, `list<string>`, `dyn<double>` (a number or null), an object's own name, … */
export type CelTypeName = string;

type Checker = { check: (node: unknown, context: unknown) => unknown; getType: (name: string) => unknown };
type MacroCall = { readonly args: readonly unknown[] };

/**
 * Checks expressions against the shapes of what they read, which compileCel takes as they come: members that an object does not have,
 * comparisons of what never compares, and results that are no bool. Nothing is evaluated here.
 */
export class CelTyping {
  readonly #environment = new Environment({ homogeneousAggregateLiterals: false, limits: parserLimits });
  #objects = 0;

  constructor() {
    // The engine's own `has` takes members that the object cannot have: a misspelt one would be a rule that never matches.
    this.#environment.registerFunction(`${strictHas}(ast): bool`, ({ args }: MacroCall) => ({
      async: false,
      typeCheck: (checker: Checker, _macro: unknown, context: unknown) => {
        checker.check(args[0], context);
        return checker.getType("bool");
      },
      evaluate: () => false,
    }));
  }

  /** A type of objects that have these members and no other; it gives the type's name. */
  object(members: ReadonlyMap<string, CelTypeName>): CelTypeName {
    this.#objects += 1;
    const name = `object${this.#objects}`;
    const fields: Record<string, CelTypeName> = Object.create(null);
    for (const [member, type] of members) fields[member] = type;
    this.#environment.registerType({ name, fields });
    return name;
  }

  variable(name: string, type: CelTypeName): void {
    this.#environment.registerVariable(name, type);
  }

  /** What is wrong with an expression, or undefined. */
  check(source: string): string | undefined {
    try {
      const parsed = this.#environment.parse(source);
      const { valid, type, error } = this.#environment.check(withStrictHas(source, parsed.ast));
      if (!valid) return messageOf(error).replaceAll(strictHas, "has");
      return type === "bool" ? undefined : `the expression gives ${type ?? "nothing"}, not bool`;
    } catch (error) {
      return messageOf(error);
    }
  }
}

/** As long as `has`, so that what a message shows of the expression stays in its place. */
const strictHas = "h_s";

function withStrictHas(source: string, ast: ASTNode): string {
  let text = source;
  for (const at of hasCalls(ast)) text = text.slice(0, at) + strictHas + text.slice(at + strictHas.length);
  return text;
}

/** Where each call of `has` begins. */
const hasCalls = (ast: ASTNode): number[] =>
  nodesIn(ast).flatMap((node) => (node.op === "call" && node.args[0] === "has" ? [node.start] : []));

/** A node and all within it, whatever shape the operands are in. */
function nodesIn(part: unknown): ASTNode[] {
  if (Array.isArray(part)) return part.flatMap(nodesIn);
  return isNode(part) ? [part, ...nodesIn(part.args)] : [];
}

const isNode = (part: unknown): part is ASTNode => typeof part === "object" && part !== null && "op" in part && "args" in part;
