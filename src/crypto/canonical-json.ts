import canonicalize from "canonicalize";

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [name: string]: JsonValue | undefined };

/** The RFC 8785 (JCS) text of a JSON value. Members that are `undefined` are left out, as in JSON. */
export function canonicalJson(value: JsonValue): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError("not a JSON value");
  return text;
}
