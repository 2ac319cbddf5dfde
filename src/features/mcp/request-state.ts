import { sha256 } from "../../crypto/digest.ts";
import { concatBytes, toHex, utf8 } from "../../crypto/encoding.ts";
import { canonicalJson } from "../../crypto/canonical-json.ts";
import type { McpContext } from "./context.ts";
import type { Arguments } from "./tool-call.ts";

/** What a client carries for us from one round of a call to the next. */
export type CarriedState = { readonly approvalId: string };

/** As long as a person may take for it before the client has to begin anew, in seconds. */
const ttlSeconds = 3_600;

/**
 * Seals what goes round by the client (HMAC-SHA256), for this credential, tool and arguments alone: in another's hands, or with other arguments, it
 * is worth nothing.
 */
export async function stateCodec({ sdk, env, relay }: Pick<McpContext, "sdk" | "env" | "relay">, call: { readonly name: string; readonly arguments: Arguments }) {
  const key = await sha256(concatBytes(utf8("armalo.mcp.request-state\n"), env.apiKeyTagSecret));
  const bound = canonicalJson([relay.request.headers.get("Authorization"), call.name, call.arguments]);
  const binding = toHex(await sha256(utf8(bound)));
  return sdk.createRequestStateCodec<CarriedState>({ key, ttlSeconds, bind: () => binding });
}
