import type { Environment } from "../env.ts";
import { accessTokenJwks } from "./access-token.ts";
import { readKeyHistory, type SignedHistory } from "./current-signer.ts";

export const signingUses = ["access-token", "statement", "checkpoint"] as const;

export type PublishedKey = {
  readonly kty: "OKP";
  readonly crv: "Ed25519";
  readonly x: string;
  /** RFC 7638 thumbprint. */
  readonly kid: string;
  readonly alg: "EdDSA";
  readonly use: "sig";
  readonly purpose: (typeof signingUses)[number];
};

/** Every key whose signatures count, superseded ones too, and the signed history that says since when and until when. Revoked ones stand there alone. */
export async function publicKeys(env: Environment): Promise<{ keys: PublishedKey[]; key_history: string | null }> {
  const known = await readKeyHistory(env);
  return { keys: await publicKeysOf(env, known), key_history: known?.signed ?? null };
}

export async function publicKeysOf(env: Environment, known: SignedHistory | undefined): Promise<PublishedKey[]> {
  const { keys: tokenKeys } = await accessTokenJwks(env);
  const signing = (known?.history.keys ?? [])
    .filter(({ revoked }) => revoked === null)
    .map(({ kid, x, purpose }): PublishedKey => ({ kty: "OKP", crv: "Ed25519", x, kid, alg: "EdDSA", use: "sig", purpose }));
  return [...tokenKeys.map((key): PublishedKey => ({ ...key, purpose: "access-token" })), ...signing];
}
