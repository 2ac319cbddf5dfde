import canonicalize from "canonicalize";

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [name: string]: JsonValue | undefined };

/** The RFC 8785 (JCS) text of a JSON value. Members that are `undefined` are left out, as in JSON. */
export function canonicalJson(value: JsonValue): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError("not a JSON value");
  return text;
}

/** The value of UTF-8 JSON, or undefined where the bytes are none. */
export function parseJson(bytes: Uint8Array): JsonValue | undefined {
  try {
    const value: JsonValue = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
    return value;
  } catch {
    return undefined;
  }
}

/** The same, where the bytes are the value's RFC 8785 form: a member named twice, which parsers understand differently, is refused too. */
export function parseCanonicalJson(bytes: Uint8Array): JsonValue | undefined {
  const value = parseJson(bytes);
  const canonical = value === undefined ? undefined : canonicalBytes(value);
  return canonical?.length === bytes.length && canonical.every((byte, at) => byte === bytes[at]) ? value : undefined;
}

/** Undefined for what JSON can spell and RFC 8785 cannot: half a surrogate pair, a number beyond all doubles. */
function canonicalBytes(value: JsonValue): Uint8Array | undefined {
  try {
    return new TextEncoder().encode(canonicalJson(value));
  } catch {
    return undefined;
  }
}
