import { canonicalJson, type JsonValue } from "../../crypto/canonical-json.ts";
import { toBase64, utf8 } from "../../crypto/encoding.ts";
import type { RelayedCall } from "../../http/operation.ts";
import type { Tool } from "./tools.ts";

export type Arguments = Readonly<Record<string, JsonValue>>;
type Meta = Readonly<Record<string, unknown>> | undefined;

/**
 * A tool's arguments as the operation's own request has them: parameters, query, and the rest as its body. The body is in RFC 8785 form, so that
 * the same arguments are the same request, in whatever order they came: what an idempotency key or a payment is bound to. Whatever the operation
 * does not know stays in, for its own schema to refuse.
 */
export function toRelayedCall({ operation: { request }, renamed = {}, defaults = {} }: Tool, given: Arguments, meta: Meta): RelayedCall {
  const parts = { params: new Map<string, string>(), query: new Map<string, string>(), body: new Map<string, JsonValue>() };
  for (const [told, value] of Object.entries({ ...defaults, ...given })) {
    const name = (Object.hasOwn(renamed, told) ? renamed[told] : undefined) ?? told;
    if (Object.hasOwn(request.params?.shape ?? {}, name)) parts.params.set(name, textOf(value));
    else if (request.body !== undefined && !Object.hasOwn(request.query?.shape ?? {}, name)) parts.body.set(name, value);
    // Assistants send null for what they leave out.
    else if (value !== null) parts.query.set(name, textOf(value));
  }
  const idempotencyKey = idempotencyKeyOf(meta);
  const payment = meta?.["x402/payment"];
  return {
    params: Object.fromEntries(parts.params),
    query: Object.fromEntries(parts.query),
    body: request.body === undefined ? undefined : canonicalJson(Object.fromEntries(parts.body)),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    ...(payment === undefined ? {} : { payment: paymentHeaderOf(payment) }),
  };
}

const textOf = (value: JsonValue): string => (typeof value === "string" ? value : canonicalJson(value));

/** The payload in the form of the header: the same payload is the same header, however a client orders its fields. */
function paymentHeaderOf(payment: unknown): string {
  const value: JsonValue = JSON.parse(JSON.stringify(payment));
  return toBase64(utf8(canonicalJson(value)));
}

/** The operation itself says what a key may look like; what cannot even stand in a header is as an empty one, which none takes. */
export function idempotencyKeyOf(meta: Meta): string | undefined {
  const key = meta?.["armalo/idempotency-key"];
  if (key === undefined) return undefined;
  return typeof key === "string" && /^[\x21-\x7e]*$/.test(key) ? key : "";
}
