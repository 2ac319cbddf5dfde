import type { Operation, RelayCaller } from "../../http/operation.ts";
import type { ToolName } from "../../http/tool-names.ts";
import { longestWaitSeconds } from "../approvals/index.ts";
import { toolSchemas, type ToolSchema } from "./tool-schema.ts";

/** What a client may assume of a tool before it is called (MCP, ToolAnnotations). Hints: nothing here rests on them. */
export type Annotations = {
  readonly title: string;
  readonly readOnlyHint: boolean;
  readonly destructiveHint: boolean;
  readonly idempotentHint: boolean;
  readonly openWorldHint: boolean;
};

/** An operation as MCP clients see it. */
export type Tool = {
  readonly operation: Operation;
  /** What the operation calls an argument, where the tool calls it otherwise. */
  readonly renamed?: Readonly<Record<string, string>>;
  readonly defaults?: Readonly<Record<string, number>>;
  readonly listing: {
    readonly name: ToolName;
    readonly title: string;
    readonly description: string;
    readonly inputSchema: ToolSchema;
    readonly annotations: Annotations;
  };
};
export type Toolbox = ReadonlyMap<string, Tool>;

/** Every operation that opts in, by its tool's name, in the table's order. */
export function openToolbox(operations: readonly Operation[]): Toolbox {
  const offered = operations.filter(({ tool }) => tool !== undefined);
  const schemas = toolSchemas(offered);
  const toolbox = new Map(
    offered.flatMap((operation): [ToolName, Tool][] => {
      const { id, tool, summary } = operation;
      const inputSchema = schemas.get(id);
      if (tool === undefined || inputSchema === undefined) return [];
      return [
        [
          tool,
          {
            operation,
            listing: { name: tool, title: summary, description: describe(operation), inputSchema, annotations: annotate(operation) },
          },
        ],
      ];
    }),
  );
  const approval = toolbox.get("get_approval");
  if (approval !== undefined) toolbox.set("approval_wait", waitTool(approval));
  return toolbox;
}

/** How long a call waits for a person, in seconds: most clients give a call up after 60. */
export const waitSeconds = 50;

/** The same operation as `get_approval`, for an agent that has nothing else to do. */
const waitTool = ({ operation, listing }: Tool): Tool => ({
  operation,
  renamed: { seconds: "wait" },
  listing: {
    name: "approval_wait",
    title: "Wait for an approval's decision",
    description:
      "Waits until somebody has decided, or the approval's time is over, and for so many seconds at the longest. Still `pending` then: call it again. Once it is `approved`, make the call that asked for it again, with the same arguments, and another idempotency key or none.",
    inputSchema: {
      type: "object",
      properties: {
        approvalId: listing.inputSchema.properties["approvalId"] ?? {},
        seconds: { type: "integer", minimum: 0, maximum: longestWaitSeconds, default: waitSeconds },
      },
      required: ["approvalId"],
      additionalProperties: false,
    },
    annotations: { ...listing.annotations, title: "Wait for an approval's decision" },
  },
  defaults: { seconds: waitSeconds },
});

/** What the table says of an operation, in the four words that MCP has for it. */
export function annotate({ summary, method, governance }: Pick<Operation, "summary" | "method" | "governance">): Annotations {
  const readOnlyHint = method === "get";
  const acts = governance === "autonomous-action";
  return {
    title: summary,
    readOnlyHint,
    // A post adds something, or acts in the world by itself; the other methods replace or end what there is.
    destructiveHint: !readOnlyHint && (acts || method !== "post"),
    idempotentHint: readOnlyHint || method === "put" || method === "delete",
    openWorldHint: acts,
  };
}

function describe({ access, summary, guide, audit }: Operation): string {
  const said = [`${summary}.`];
  if (access.mode === "payable") {
    said.push(`Needs the scope ${access.scope}, or a payment of ${access.price} USDC (x402): without either, the answer says what to pay.`);
  }
  if (audit !== undefined)
    said.push('Takes an idempotency key in `_meta["armalo/idempotency-key"]`: the same call with the same key is made once.');
  return guide === undefined ? said.join(" ") : `${said.join(" ")}\n\n${guide}`;
}

/** May this caller use it? Whoever is nobody may use what is public, and what can be paid for here. */
export function isOffered({ access }: Operation, caller: RelayCaller | null, takesPayments: boolean): boolean {
  if (access.mode === "public") return true;
  if (caller === null) return access.mode === "payable" && takesPayments;
  return access.scope !== undefined && caller.principal.scopes.includes(access.scope);
}
