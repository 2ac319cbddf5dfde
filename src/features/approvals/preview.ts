import { canonicalJson, type JsonValue } from "../../crypto/canonical-json.ts";
import { sha256Digest, type Digest } from "../../crypto/digest.ts";
import { utf8 } from "../../crypto/encoding.ts";
import type { Place, SealedBox } from "../../crypto/sealed-box.ts";
import type { ApprovalRow } from "./approval.ts";
import { makeVisible } from "./visible.ts";

/** What a person must know of an action to decide on it. Nothing in it is a secret. */
export type PreviewFacts = {
  readonly capability: { readonly id: string; readonly name: string; readonly version: number };
  /** What will be sent, but for the credential: `body` is the JSON body, undefined where there is none. */
  readonly call:
    | { readonly kind: "http"; readonly method: string; readonly url: string; readonly body: JsonValue | undefined }
    | { readonly kind: "mcp"; readonly url: string; readonly tool: string };
  readonly arguments: JsonValue;
  readonly agent: { readonly id: string; readonly name: string; readonly versionNumber: number };
  readonly policy: { readonly id: string; readonly name: string; readonly version: number; readonly ruleIds: readonly string[] };
  readonly grant: { readonly id: string };
  /** Null: it costs nothing. */
  readonly cost: { readonly micros: number; readonly currency: string } | null;
};

/** A preview is stored and shown whole, or there is none: what is cut off could be what matters. */
export const mostPreviewBytes = 32 * 1024;

export type Preview = { readonly ok: true; readonly text: string; readonly digest: Digest } | { readonly ok: false };

const placeOf = (id: string): Place => ({ table: "approvals", row: id, field: "preview" });

export const sealPreview = (box: SealedBox, id: string, text: string): Promise<string> => box.seal(placeOf(id), text);

/** The text as it was stored. Throws where it is not what its digest says: nobody decides on another one. */
export async function openPreview(
  box: SealedBox,
  { id, sealedPreview, previewDigest }: Pick<ApprovalRow, "id" | "sealedPreview" | "previewDigest">,
): Promise<string> {
  const text = await box.open(placeOf(id), sealedPreview);
  if ((await sha256Digest(text)) !== previewDigest) throw new Error("a stored preview is not the one of its digest");
  return text;
}

/** The text that is shown, byte for byte, and its digest; not ok where it would be over 32 KiB. */
export async function previewOf(facts: PreviewFacts): Promise<Preview> {
  const text = linesOf(facts)
    .map(([label, value]) => `${label}: ${value}\n`)
    .join("");
  return utf8(text).length > mostPreviewBytes ? { ok: false } : { ok: true, text, digest: await sha256Digest(text) };
}

/** What others may have chosen is quoted, so that it is never mistaken for a line of ours. */
const quoted = (value: JsonValue): string => makeVisible(canonicalJson(value));

type Line = readonly [label: string, value: string];

function linesOf({ capability, call, arguments: given, agent, policy, grant, cost }: PreviewFacts): Line[] {
  const { ruleIds } = policy;
  return [
    ["Agent", `${quoted(agent.name)}, version ${agent.versionNumber}, ${agent.id}`],
    ["Capability", `${quoted(capability.name)}, version ${capability.version}, ${capability.id}`],
    ...callLines(call),
    ["Arguments", quoted(given)],
    ["Cost", cost === null ? "none" : `${amountOf(cost.micros)} ${cost.currency}`],
    ["Policy", `${quoted(policy.name)}, version ${policy.version}, ${policy.id}`],
    ["Rules that ask for approval", quoted(ruleIds)],
    ["Grant", grant.id],
  ];
}

function callLines(call: PreviewFacts["call"]): Line[] {
  if (call.kind === "mcp")
    return [
      ["MCP server", quoted(call.url)],
      ["Tool", quoted(call.tool)],
    ];
  return [
    ["Request", `${call.method} ${quoted(call.url)}`],
    ["Body", call.body === undefined ? "none" : quoted(call.body)],
  ];
}

/** Millionths as whole units, exactly. */
function amountOf(micros: number): string {
  const digits = String(micros).padStart(7, "0");
  const fraction = digits.slice(-6).replace(/0+$/, "");
  return `${digits.slice(0, -6)}${fraction === "" ? "" : `.${fraction}`}`;
}
