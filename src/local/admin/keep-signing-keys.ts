import { PlainFailure } from "../plain-failure.ts";
import { writePrivateFile } from "../private-file.ts";
import { changeSecrets, keepSecrets, requireSecrets } from "../secrets.ts";
import type { SigningSecrets } from "./signing-ring.ts";

/** Puts a changed ring where the Worker's secrets are kept, and says where that is. `file` is where the administrator wants it. */
export type SecretsKeeper = (change: Partial<SigningSecrets>, file: string | undefined) => Promise<string>;

type Signing = { readonly secrets: () => Promise<SigningSecrets>; readonly keep: SecretsKeeper };

/** The keys of an installation on this machine are in its folder. */
export const signingOfFolder = (folder: string): Signing => ({
  secrets: () => keepSecrets(folder),
  keep: async (change) => {
    await changeSecrets(folder, change);
    return `It is in ${folder}/secrets.json; a running server signs with it from its next start.`;
  },
});

/** A deployment's keys come from the environment, under the names of the Worker's bindings, and go into a file from there. */
export function signingOfEnvironment(folder: string): Signing {
  const { STATEMENT_KEYS: statement, CHECKPOINT_KEYS: checkpoint } = process.env;
  if (!statement || !checkpoint)
    return { ...signingOfFolder(folder), secrets: () => requireSecrets(folder, "STATEMENT_KEYS and CHECKPOINT_KEYS") };
  return {
    secrets: async () => ({ STATEMENT_KEYS: statement, CHECKPOINT_KEYS: checkpoint }),
    keep: async (change, file) => {
      if (file === undefined)
        throw new PlainFailure("--ring-out FILE is needed: the new private keys go there, for this user's eyes alone.");
      await writePrivateFile(file, change);
      return `The new ring is in ${file}: put it into the Worker's secret of that name, then delete the file.`;
    },
  };
}
