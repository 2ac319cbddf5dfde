import type { z } from "@hono/zod-openapi";
import type { InvocationStatus } from "../../grants/invocation.ts";
import type { Invoked } from "../invocations/index.ts";
import { structured, type ToolResult } from "./tool-result.ts";

/** These are answers; what else there is was not done, or nobody knows whether it was. */
const done: readonly InvocationStatus[] = ["executed", "simulated", "pending"];

const adviceOn: Partial<Record<InvocationStatus, string>> = {
  pending: "A person is asked. Wait with the tool approval_wait, then make this very call again, with another idempotency key or none.",
  unknown: "It was sent, and nobody knows what came of it. Do not repeat it: an operator settles it.",
};

/** A use of a grant as its tool's result. The receipt that anybody can verify is named beside it, not in it. */
export function toInvokedResult(invoked: z.output<typeof Invoked>, meta: Record<string, unknown>): ToolResult {
  const { receipt, approval, label, argumentsFault, result, ...said } = invoked;
  const advice = adviceOn[said.status];
  const value = {
    ...said,
    ...(label === null ? {} : { label }),
    ...(argumentsFault === undefined ? {} : { argumentsFault }),
    ...(result === undefined ? {} : { result }),
    ...(approval === null
      ? {}
      : {
          approvalId: approval.id,
          approvalUrl: approval.url,
          approvalStatus: approval.status,
          approvalExpiresAt: approval.expiresAt,
          pollAfterMs: approval.pollAfterMs,
        }),
    ...(advice === undefined ? {} : { advice }),
  };
  return {
    ...structured(value),
    ...(done.includes(said.status) ? {} : { isError: true }),
    _meta: { ...meta, "armalo/receipt": { id: receipt.id, digest: receipt.digest } },
  };
}
