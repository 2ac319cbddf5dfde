import { z } from "zod";
import { importTagKey } from "../../access/api-key.ts";
import { parseKeyRing, type KeyRing } from "../../crypto/sealed-box.ts";
import { dataDir } from "../data-dir.ts";
import { openExternal } from "../database.ts";
import { openInstallation } from "../installation.ts";
import { PlainFailure } from "../plain-failure.ts";
import { findRunning, type Running } from "../running.ts";
import { keepSecrets, requireSecrets, type Secrets } from "../secrets.ts";
import { runBatch, type RawResult } from "../sql-batch.ts";
import type { RunAsAdmin } from "./act.ts";
import { signingOfEnvironment, signingOfFolder, type SecretsKeeper } from "./keep-signing-keys.ts";
import type { SigningSecrets } from "./signing-ring.ts";

export type Administration = {
  readonly run: RunAsAdmin;
  /** The database that DATABASE_URL names, as its owner; the embedded one has no owner that signs in. */
  readonly external: ReturnType<typeof openExternal> | undefined;
  readonly ring: () => Promise<KeyRing>;
  readonly tagKey: () => Promise<CryptoKey>;
  /** The private signing keys, and where a change of them goes. */
  readonly signing: { readonly secrets: () => Promise<SigningSecrets>; readonly keep: SecretsKeeper };
  readonly close: () => Promise<void>;
};

/**
 * Where the administrator's acts go: the database of DATABASE_URL, as its owner; else the embedded one, through the process
 * that has it open, or directly where none has.
 */
export async function openAdministration(): Promise<Administration> {
  const databaseUrl = process.env["DATABASE_URL"];
  if (databaseUrl) {
    const external = openExternal(databaseUrl, 1);
    const run: RunAsAdmin = (statements) => runBatch(external.pool, { role: "armalo_admin", statements });
    return { run, external, ...keysOf(secretsOfEnvironment), signing: signingOfEnvironment(dataDir()), close: external.close };
  }
  const installation = await openInstallation();
  if (installation !== undefined) {
    const run: RunAsAdmin = (statements) => runBatch(installation.database.pool, { role: "armalo_admin", statements });
    return {
      run,
      external: undefined,
      ...keysOf(async () => installation.secrets),
      signing: signingOfFolder(dataDir()),
      close: installation.close,
    };
  }
  const running = await findRunning(dataDir());
  if (running === undefined) throw new PlainFailure("Armalo is just starting or stopping: please try again in a moment.");
  const keys = keysOf(() => keepSecrets(dataDir()));
  return { run: runThrough(running), external: undefined, ...keys, signing: signingOfFolder(dataDir()), close: async () => undefined };
}

type KeySecrets = Pick<Secrets, "API_KEY_TAG_SECRET" | "ENCRYPTION_KEYS">;

/** A deployment's secrets come from the environment, under the names of the Worker's bindings; else they are this folder's. */
async function secretsOfEnvironment(): Promise<KeySecrets> {
  const { API_KEY_TAG_SECRET: tag, ENCRYPTION_KEYS: keys } = process.env;
  return tag && keys
    ? { API_KEY_TAG_SECRET: tag, ENCRYPTION_KEYS: keys }
    : requireSecrets(dataDir(), "API_KEY_TAG_SECRET and ENCRYPTION_KEYS");
}

/** Read only when a command needs them: a migration does not. */
const keysOf = (secrets: () => Promise<KeySecrets>) => ({
  ring: async (): Promise<KeyRing> => {
    const ring = parseKeyRing((await secrets()).ENCRYPTION_KEYS);
    if (ring === undefined) throw new PlainFailure("ENCRYPTION_KEYS is not a list of `kid:base64`, each of 32 bytes.");
    return ring;
  },
  tagKey: async () => importTagKey(new Uint8Array(Buffer.from((await secrets()).API_KEY_TAG_SECRET, "base64"))),
});

const Answer = z.object({
  results: z.array(z.custom<RawResult>((value) => typeof value === "object" && value !== null && "rows" in value)),
});

function runThrough({ endpoint, connectionString }: Running): RunAsAdmin {
  return async (statements) => {
    const response = await fetch(endpoint, {
      method: "POST",
      headers: { "neon-connection-string": connectionString },
      body: JSON.stringify({ queries: statements }),
    });
    const answer: unknown = await response.json();
    if (!response.ok) throw new Error(`the running server refused: ${JSON.stringify(answer)}`);
    return Answer.parse(answer).results;
  };
}
