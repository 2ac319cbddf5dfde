import { canonicalJson, type JsonValue } from "../../crypto/canonical-json.ts";
import { isJsonArray, isJsonObject, type JsonObject } from "../../expressions/json.ts";

/** Members that are left out where they have their default: neither REQUIRED nor `optional` in A2A's Protocol Buffers. */
type Shape = { readonly omitted: readonly string[]; readonly within?: ReadonlyMap<string, Shape> };
const cardShape: Shape = {
  omitted: ["securitySchemes", "securityRequirements"],
  within: new Map<string, Shape>([
    ["supportedInterfaces", { omitted: ["tenant"] }],
    ["capabilities", { omitted: ["extensions"], within: new Map([["extensions", { omitted: ["uri", "description", "required"] }]]) }],
    ["skills", { omitted: ["examples", "inputModes", "outputModes", "securityRequirements"] }],
  ]),
};

const isEmpty = (value: JsonValue | undefined): boolean =>
  value === undefined ||
  value === null ||
  value === "" ||
  (isJsonArray(value) && value.length === 0) ||
  (isJsonObject(value) && Object.keys(value).length === 0);
const isDefault = (value: JsonValue | undefined): boolean => value === false || isEmpty(value);

const mapMembers = (value: JsonObject, change: (member: JsonValue | undefined, name: string) => JsonValue | undefined): JsonObject =>
  Object.fromEntries(Object.entries(value).map(([name, member]) => [name, change(member, name)]));

/** As A2A 1.0, 8.4.1, has it. */
function withoutDefaults(value: JsonValue | undefined, shape: Shape): JsonValue | undefined {
  if (isJsonArray(value)) return value.map((item) => withoutDefaults(item, shape) ?? null);
  if (!isJsonObject(value)) return value;
  return mapMembers(value, (member, name) => {
    if (shape.omitted.includes(name) && isDefault(member)) return undefined;
    const inner = shape.within?.get(name);
    return inner === undefined ? member : withoutDefaults(member, inner);
  });
}

/** As the official SDKs have it: nothing that is empty is left, at any depth. */
function withoutEmpty(value: JsonValue | undefined): JsonValue | undefined {
  if (isJsonArray(value)) {
    const items = value.flatMap((item) => withoutEmpty(item) ?? []);
    return items.length > 0 ? items : undefined;
  }
  if (!isJsonObject(value)) return isEmpty(value) ? undefined : value;
  const members = Object.entries(mapMembers(value, withoutEmpty)).filter(([, member]) => member !== undefined);
  return members.length > 0 ? Object.fromEntries(members) : undefined;
}

export type CardForm = { readonly card: JsonObject; readonly canonical: string };

/**
 * What a card's signature may be over: RFC 8785 of the card without `signatures`, as it was served, as the specification strips it of
 * defaults, or as the official SDKs do. What is used of a signed card is read from the form that its signature is over, and so signed.
 */
export function signedForms(card: JsonObject): readonly CardForm[] {
  const { signatures: _, ...served } = card;
  const forms = [served, withoutDefaults(served, cardShape), withoutEmpty(served)];
  const byText = new Map(forms.filter(isJsonObject).map((form) => [canonicalJson(form), form]));
  return [...byText].map(([canonical, form]) => ({ card: form, canonical }));
}
