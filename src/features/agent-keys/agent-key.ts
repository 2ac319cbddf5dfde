import { z } from "zod";
import { importPublicKey, thumbprint } from "../../crypto/ed25519.ts";
import { isSignedBy, jwsTypes, readJws } from "../../crypto/statement/jws.ts";

/** How far what an agent signed may lie from our clock, in either direction. */
const freshForMs = 600_000;

/** What an agent signs with a key to show that it has it: for whom, so that a proof cannot be carried to another agent. */
const Possession = z.object({ agentId: z.string(), organization: z.string(), at: z.iso.datetime({ offset: true }) });

export type KeyProof = { readonly x: string; readonly proof: string };
export type KeyVerdict =
  | { readonly ok: true; readonly kid: string }
  | { readonly ok: false; readonly field: "x" | "proof"; readonly message: string };

const refuse = (field: "x" | "proof", message: string): KeyVerdict => ({ ok: false, field, message });

/** Checks that a public key is one, and that whoever registers it for an agent has its private half. */
export async function judgeKeyProof(
  { x, proof }: KeyProof,
  owner: { readonly agentId: string; readonly orgId: string },
  now: Date,
): Promise<KeyVerdict> {
  const key = await importPublicKey(x);
  if (key === undefined) return refuse("x", "Not an Ed25519 public key that can vouch for anything.");
  const read = readJws(proof, jwsTypes.agentKey, "any");
  if (!read.ok) return refuse("proof", `Not a JWS with typ ${jwsTypes.agentKey}, alg EdDSA and a kid (${read.fault}).`);
  if (!(await isSignedBy(read.jws, key))) return refuse("proof", "Not signed by this key.");
  const said = Possession.safeParse(read.jws.payload);
  if (!said.success || said.data.agentId !== owner.agentId || said.data.organization !== owner.orgId)
    return refuse("proof", "Must say {agentId, organization, at} of this agent.");
  if (!isFresh(said.data.at, now)) return refuse("proof", "`at` is more than ten minutes away from now.");
  return { ok: true, kid: await thumbprint(x) };
}

export const isFresh = (at: string, now: Date): boolean => Math.abs(Date.parse(at) - now.getTime()) <= freshForMs;
