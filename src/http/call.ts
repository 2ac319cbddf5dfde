import type { Environment } from "../env.ts";
import type { Trace } from "./trace.ts";

/** One request on its way to one operation. */
export type Call = {
  readonly env: Environment;
  readonly request: Request;
  readonly params: Record<string, string>;
  readonly trace: Trace;
  /** Headers that the answer gets, whatever it is. */
  readonly headers: Record<string, string>;
  readonly waitUntil: (work: Promise<unknown>) => void;
};
