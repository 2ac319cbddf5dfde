import { revocationReasons, signingPurposes, type RevocationReason, type SigningPurpose } from "../../crypto/statement/key-history.ts";
import { currentTime } from "../../platform/clock.ts";
import { PlainFailure } from "../plain-failure.ts";
import { readPrivateFile } from "../private-file.ts";
import type { RunAsAdmin } from "./act.ts";
import { readNewestHistory } from "./change-key-history.ts";
import { introduceKeys } from "./introduce-keys.ts";
import type { Administration } from "./open-administration.ts";
import { oneOf, text, type Options } from "./options.ts";
import { makeRootKey, readRootKey } from "./root-key.ts";
import { revokeSigningKey, rotateSigningKey } from "./rotate-signing-key.ts";
import { setClaimPolicy } from "./set-claim-policy.ts";

export const keyUsage = `  make-root-key --out FILE
                           the key that vouches for all others: keep it offline, and tell people its fingerprint
  introduce-keys --root-key FILE --issuer ORIGIN
                           starts the key history with the keys that are there, or moves it to another address
  rotate-signing-key --purpose ${signingPurposes.join("|")} --root-key FILE [--overlap-hours 24] [--ring-out FILE]
                           a new key; the old one signs for the overlap, and what it signed stays good
  revoke-signing-key --kid KID --reason ${revocationReasons.join("|")} [--since TIME] --root-key FILE
                           takes a key's word away; what an outside witness saw before TIME stays good
  set-claim-policy --organization ID --file FILE
                           what may be attested of an organization's agents`;

function timeOf(value: string | boolean | undefined, otherwise: Date): Date {
  if (value === undefined) return otherwise;
  const time = new Date(String(value));
  if (Number.isNaN(time.getTime())) throw new PlainFailure("--since is a time as 2026-12-31T00:00:00Z.");
  return time;
}

async function rootOf(options: Options) {
  const file = text(options, "root-key");
  const root = await readRootKey(file);
  if (root === undefined)
    throw new PlainFailure(`There is no root key in ${file}: make one with \`npm run admin -- make-root-key --out ${file}\`.`);
  return root;
}

/** The root key at work: on the history that is there, or on a new one of `--issuer`. */
async function groundOf(run: RunAsAdmin, options: Options) {
  const root = await rootOf(options);
  const newest = await readNewestHistory(run);
  const issuer = newest?.history.issuers[0] ?? originOf(options);
  return { root, issuer, now: currentTime(), keys: newest?.history.keys ?? [] };
}

function originOf(options: Options): string {
  const given = text(options, "issuer");
  if (!URL.canParse(given)) throw new PlainFailure("--issuer is the address that the Worker is served at, as https://api.example.com.");
  return new URL(given).origin;
}

/** Needs no database, nor a network: it can be run where the key will stay. */
export async function makeRootKeyFile(options: Options): Promise<string> {
  const file = text(options, "out");
  const { kid } = await makeRootKey(file);
  return `The root key is in ${file}. Keep it off this machine once the keys are introduced. Its fingerprint, which others pin:\n\n  ${kid}`;
}

export const keyCommands: Readonly<Record<string, (administration: Administration, options: Options) => Promise<string>>> = {
  "introduce-keys": async ({ run, signing }, options) => {
    const ground = { root: await rootOf(options), issuer: originOf(options), now: currentTime() };
    const changes = await introduceKeys(run, ground, await signing.secrets());
    return changes === 0 ? "The key history has all that there is." : `The key history of ${ground.issuer} took ${changes} changes.`;
  },
  "rotate-signing-key": async ({ run, signing }, options) => {
    const purpose: SigningPurpose = oneOf(options, "purpose", signingPurposes);
    const hours = Number(options["overlap-hours"] ?? 24);
    if (!(hours >= 0 && hours <= 24 * 30)) throw new PlainFailure("--overlap-hours is a number from 0 to 720.");
    const ground = await groundOf(run, options);
    const ringOut = options["ring-out"];
    let where = "";
    const rotation = { purpose, overlapMs: hours * 3_600_000, secrets: await signing.secrets() };
    const { kid, setting, until } = await rotateSigningKey(run, ground, rotation, async (change) => {
      where = await signing.keep(change, typeof ringOut === "string" ? ringOut : undefined);
    });
    return `${setting} has the new key ${kid}. ${where}\nUntil ${until.toISOString()} the key before it may sign; then only the new one.`;
  },
  "revoke-signing-key": async ({ run }, options) => {
    const ground = await groundOf(run, options);
    const kid = text(options, "kid");
    const reason: RevocationReason = oneOf(options, "reason", revocationReasons);
    // Without a time, nothing that the key ever signed is to be believed.
    const introducedAt = ground.keys.find((key) => key.kid === kid)?.introducedAt;
    const since = timeOf(options["since"], introducedAt === undefined ? ground.now : new Date(introducedAt));
    await revokeSigningKey(run, ground, { kid, reason, since });
    return `Revoked ${kid}. What it signed counts only where an outside witness saw it before ${since.toISOString()}.`;
  },
  "set-claim-policy": async ({ run }, options) => {
    const file = text(options, "file");
    const policy = await readPrivateFile(file).catch(() => undefined);
    if (policy === undefined) throw new PlainFailure(`${file} is no file with JSON in it.`);
    const organization = text(options, "organization");
    const { number, digest } = await setClaimPolicy(run, organization, policy);
    return `Policy ${number} of ${organization} holds now (${digest}).`;
  },
};
