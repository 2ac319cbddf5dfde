import { generateKeyPairSync, randomBytes } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import { PlainFailure } from "./plain-failure.ts";
import { readPrivateFile, writePrivateFile } from "./private-file.ts";

const Secrets = z.object({
  API_KEY_TAG_SECRET: z.string(),
  ENCRYPTION_KEYS: z.string(),
  ACCESS_TOKEN_KEYS: z.string(),
  CHECKPOINT_KEYS: z.string(),
  STATEMENT_KEYS: z.string(),
});

/** The Worker's secrets, by the names of its bindings. */
export type Secrets = z.output<typeof Secrets>;

export const SigningKey = z.object({ kty: z.literal("OKP"), crv: z.literal("Ed25519"), x: z.string(), d: z.string() });

/** A new Ed25519 key pair as a JWK. */
export const newSigningKey = (): z.output<typeof SigningKey> =>
  SigningKey.parse(generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" }));

const newSigningKeys = (): string => JSON.stringify({ keys: [newSigningKey()] });

/** Secrets that came later: an installation that is older than one of them gets it when it starts. */
const newLaterSecrets = () => ({ CHECKPOINT_KEYS: newSigningKeys(), STATEMENT_KEYS: newSigningKeys() });

export function newSecrets(): Secrets {
  return {
    API_KEY_TAG_SECRET: randomBytes(32).toString("base64"),
    ENCRYPTION_KEYS: `k1:${randomBytes(32).toString("base64")}`,
    ACCESS_TOKEN_KEYS: newSigningKeys(),
    ...newLaterSecrets(),
  };
}

/** Changes some of this installation's secrets; a running Worker has them from its next start. */
export async function changeSecrets(dataDir: string, change: Partial<Secrets>): Promise<void> {
  await writePrivateFile(fileIn(dataDir), { ...(await keepSecrets(dataDir)), ...change });
}

/** This installation's secrets, made once. Without them nothing that was sealed or issued here can be used again. */
export async function keepSecrets(dataDir: string): Promise<Secrets> {
  const file = fileIn(dataDir);
  const kept = await readPrivateFile(file);
  if (kept === undefined) {
    const secrets = newSecrets();
    await writePrivateFile(file, secrets);
    return secrets;
  }
  const known = z.looseObject({}).parse(kept);
  const secrets = Secrets.parse({ ...newLaterSecrets(), ...known });
  if (Object.keys(secrets).some((name) => !(name in known))) await writePrivateFile(file, secrets);
  return secrets;
}

/** The secrets of an installation that is there already. New ones would not be those that the database's keys were issued with. */
export async function requireSecrets(dataDir: string, names: string): Promise<Secrets> {
  if ((await readPrivateFile(fileIn(dataDir))) !== undefined) return keepSecrets(dataDir);
  throw new PlainFailure(`${names} are needed in the environment, with the values that the Worker has: there are none in ${dataDir}.`);
}

const fileIn = (dataDir: string): string => join(dataDir, "secrets.json");
