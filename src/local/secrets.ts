import { generateKeyPairSync, randomBytes } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import { readPrivateFile, writePrivateFile } from "./private-file.ts";

const Secrets = z.object({ API_KEY_TAG_SECRET: z.string(), ENCRYPTION_KEYS: z.string(), ACCESS_TOKEN_KEYS: z.string() });

/** The Worker's secrets, by the names of its bindings. */
export type Secrets = z.output<typeof Secrets>;

export function newSecrets(): Secrets {
  const { kty, crv, x, d } = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" });
  return {
    API_KEY_TAG_SECRET: randomBytes(32).toString("base64"),
    ENCRYPTION_KEYS: `k1:${randomBytes(32).toString("base64")}`,
    ACCESS_TOKEN_KEYS: JSON.stringify({ keys: [{ kty, crv, x, d }] }),
  };
}

/** This installation's secrets, made once. Without them nothing that was sealed or issued here can be used again. */
export async function keepSecrets(dataDir: string): Promise<Secrets> {
  const file = join(dataDir, "secrets.json");
  const kept = await readPrivateFile(file);
  if (kept !== undefined) return Secrets.parse(kept);
  const secrets = newSecrets();
  await writePrivateFile(file, secrets);
  return secrets;
}
