import type { Operation, RelayContext } from "../../http/operation.ts";
import type { Toolbox } from "./tools.ts";

/** What answers one MCP request. */
export type McpContext = RelayContext & {
  readonly toolbox: Toolbox;
  /** The operation of that name; throws where the table has none. */
  readonly operation: (id: string) => Operation;
  readonly sdk: Sdk;
};

export type Sdk = typeof import("./sdk.ts");
