import { z } from "zod";
import { importPublicKey } from "../../crypto/ed25519.ts";
import { isSignedBy, jwsTypes, readJws } from "../../crypto/statement/jws.ts";
import { isFresh, type AgentKeyRow } from "../agent-keys/index.ts";

/** What an agent signs of what it wants. The verifier (verifier/check-receipts.ts) reads the same. */
const Intent = z.object({
  agentId: z.string(),
  action: z.object({ name: z.string(), digest: z.string() }),
  at: z.iso.datetime({ offset: true }),
});

export type IntentVerdict =
  | { readonly ok: true; readonly intent: { readonly x: string; readonly jws: string } }
  | { readonly ok: false; readonly message: string };

const refuse = (message: string): IntentVerdict => ({ ok: false, message });

/** The registered key by which a JWS of an agent is signed; a revoked one signs nothing any more. */
async function signingKey(kid: string, keys: readonly AgentKeyRow[]): Promise<{ key: CryptoKey; x: string } | undefined> {
  const row = keys.find((one) => one.kid === kid && one.revokedAt === null);
  const key = row === undefined ? undefined : await importPublicKey(row.x);
  return row === undefined || key === undefined ? undefined : { key, x: row.x };
}

/** Checks an agent's signature over the very action that a receipt is issued for, so that neither side can make up such a receipt alone. */
export async function judgeIntent(
  compact: string,
  wanted: { readonly agentId: string; readonly action: { readonly name: string; readonly digest: string } },
  keys: readonly AgentKeyRow[],
  now: Date,
): Promise<IntentVerdict> {
  const read = readJws(compact, jwsTypes.intent, "any");
  if (!read.ok) return refuse(`Not a JWS with typ ${jwsTypes.intent}, alg EdDSA and a kid (${read.fault}).`);
  const signing = await signingKey(read.jws.kid, keys);
  if (signing === undefined || !(await isSignedBy(read.jws, signing.key))) return refuse("Not signed by a registered key of the agent.");
  const said = Intent.safeParse(read.jws.payload);
  const fits =
    said.success &&
    said.data.agentId === wanted.agentId &&
    said.data.action.name === wanted.action.name &&
    said.data.action.digest === wanted.action.digest;
  if (!fits) return refuse("Must say {agentId, action: {name, digest}, at} of this very action.");
  if (!isFresh(said.data.at, now)) return refuse("`at` is more than ten minutes away from now.");
  return { ok: true, intent: { x: signing.x, jws: compact } };
}
