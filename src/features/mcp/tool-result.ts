import { z } from "@hono/zod-openapi";
import { fromBase64 } from "../../crypto/encoding.ts";
import { parseJson, type JsonValue } from "../../crypto/canonical-json.ts";

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
  const parsed = JsonObject.safeParse(parseJson(new TextEncoder().encode(body)));
  const failure = {
    ...(parsed.success ? parsed.data : { status }),
    ...(retryAfter === null ? {} : { retryAfterSeconds: Number(retryAfter) }),
  };
  return { ...structured(status === 402 && challenge !== undefined ? challenge : failure), isError: true, _meta };
}

const structured = (value: Record<string, unknown>) => ({
  content: [{ type: "text" as const, text: JSON.stringify(value) }],
  structuredContent: value,
});

function contentOf(body: string, headers: Headers): Pick<ToolResult, "content" | "structuredContent"> {
  const content = [{ type: "text" as const, text: body }];
  if (!/[/+]json(;|$)/.test(headers.get("Content-Type") ?? "")) return { content };
  const parsed = JsonObject.safeParse(parseJson(new TextEncoder().encode(body)));
  return parsed.success ? { content, structuredContent: parsed.data } : { content };
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
  if (header === null) return undefined;
  const value: JsonValue | undefined = parseJson(fromBase64(header));
  return JsonObject.safeParse(value).data;
}
