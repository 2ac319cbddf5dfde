import { openSigner, type Signer } from "../../crypto/signer.ts";
import { PlainFailure } from "../plain-failure.ts";
import { readPrivateFile, writePrivateFile } from "../private-file.ts";
import { newSigningKey, SigningKey } from "../secrets.ts";

/** The root key of a file; undefined where there is no such file. */
export async function readRootKey(file: string): Promise<Signer | undefined> {
  const kept = await readPrivateFile(file);
  if (kept === undefined) return undefined;
  const parsed = SigningKey.safeParse(kept);
  if (!parsed.success) throw new PlainFailure(`${file} is not a root key: it is an Ed25519 private key as a JWK.`);
  return openSigner(parsed.data);
}

/** Makes a root key in a file that only this user may read. One that is there is never overwritten. */
export async function makeRootKey(file: string): Promise<Signer> {
  if ((await readPrivateFile(file)) !== undefined) throw new PlainFailure(`${file} is there already, and is not overwritten.`);
  const key = newSigningKey();
  await writePrivateFile(file, key);
  return openSigner(key);
}
