import { z } from "@hono/zod-openapi";
import type { ToolResult } from "./tool-result.ts";

/** What `tools.invoke` answers, as far as a tool's result says it. */
export const InvokedAnswer = z.object({
  invocationId: z.string(),
  grantId: z.string(),
  status: z.string(),
  mode: z.string(),
  label: z.string().nullable(),
  decision: z.string(),
  reasons: z.array(z.string()),
  ruleIds: z.array(z.string()),
  effect: z.string().nullable(),
  approval: z.object({ id: z.string(), url: z.string(), status: z.string(), expiresAt: z.string(), pollAfterMs: z.number() }).nullable(),
  argumentsFault: z.object({ at: z.string(), detail: z.string() }).optional(),
  result: z.json().optional(),
  upstreamStatus: z.number().nullable(),
  receipt: z.object({ id: z.string(), digest: z.string() }),
});
export type InvokedAnswer = z.output<typeof InvokedAnswer>;

/** These are answers; what else there is was not done, or nobody knows whether it was. */
const isDone = (status: string): boolean => ["executed", "simulated", "pending"].includes(status);

const advice: Readonly<Record<string, string>> = {
  pending: "A person is asked. Wait with the tool approval_wait, then make this very call again.",
  unknown: "It was sent, and nobody knows what came of it. Do not repeat it: an operator settles it.",
};

/** A use of a grant as its tool's result. The receipt that anybody can verify is named beside it, not in it. */
export function toInvokedResult(invoked: InvokedAnswer, meta: Record<string, unknown>): ToolResult {
  const { receipt, approval, label, argumentsFault, result, ...said } = invoked;
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
    ...(advice[said.status] === undefined ? {} : { advice: advice[said.status] }),
  };
  return {
    content: [{ type: "text", text: JSON.stringify(value) }],
    structuredContent: value,
    ...(isDone(said.status) ? {} : { isError: true }),
    _meta: { ...meta, "armalo/receipt": { id: receipt.id, digest: receipt.digest } },
  };
}
