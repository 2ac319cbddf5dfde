import { z } from "@hono/zod-openapi";
import { fromBase64, utf8 } from "../../crypto/encoding.ts";
import { parseJson } from "../../crypto/canonical-json.ts";

export type ToolResult = {
  readonly content: { readonly type: "text"; readonly text: string }[];
  readonly structuredContent?: Record<string, unknown>;
  readonly isError?: true;
  readonly _meta: Record<string, unknown>;
};

const JsonObject = z.record(z.string(), z.unknown());

/**
 * An operation's answer as a tool's result. A failure is the problem that REST would have answered, with the seconds to wait where it says so; where
 * there is something to pay, it is x402's challenge in its place (x402 over MCP: in `structuredContent`, and the same as text).
 */
export async function toToolResult(response: Response): Promise<ToolResult> {
  const { headers, status } = response;
  const body = await response.text();
  const _meta = metaOf(headers);
  if (status < 400) return { ...contentOf(body, headers), _meta };
  const challenge = decoded(headers.get("PAYMENT-REQUIRED"));
  const retryAfter = headers.get("Retry-After");
  const failure = {
    ...(objectIn(utf8(body)) ?? { status }),
    ...(retryAfter === null ? {} : { retryAfterSeconds: Number(retryAfter) }),
  };
  return { ...structured(status === 402 && challenge !== undefined ? challenge : failure), isError: true, _meta };
}

/** A value as a result has it: structured, and the same as text. */
export const structured = (value: Record<string, unknown>) => ({
  content: [{ type: "text" as const, text: JSON.stringify(value) }],
  structuredContent: value,
});

function contentOf(body: string, headers: Headers): Pick<ToolResult, "content" | "structuredContent"> {
  const content = [{ type: "text" as const, text: body }];
  if (!/[/+]json(;|$)/.test(headers.get("Content-Type") ?? "")) return { content };
  const structuredContent = objectIn(utf8(body));
  return structuredContent === undefined ? { content } : { content, structuredContent };
}

/** What of an operation's answer stands beside a result. */
export function metaOf(headers: Headers): Record<string, unknown> {
  const settled = decoded(headers.get("PAYMENT-RESPONSE"));
  const paymentId = headers.get("X-Payment-Id");
  return {
    "armalo/request-id": headers.get("X-Request-Id") ?? "",
    ...(settled === undefined ? {} : { "x402/payment-response": settled }),
    ...(paymentId === null ? {} : { "armalo/payment-id": paymentId }),
    ...(headers.get("Idempotent-Replayed") === "true" ? { "armalo/replayed": true } : {}),
  };
}

/** What an x402 header says: base64 of JSON. */
function decoded(header: string | null): Record<string, unknown> | undefined {
  return header === null ? undefined : objectIn(fromBase64(header));
}

const objectIn = (bytes: Uint8Array): Record<string, unknown> | undefined => JsonObject.safeParse(parseJson(bytes)).data;
