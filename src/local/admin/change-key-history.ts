import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Signer } from "../../crypto/signer.ts";
import {
  changeHistory,
  historyDigest,
  newHistory,
  openKeyHistory,
  signHistory,
  type ChangeFailure,
  type HistoryChange,
  type KeyHistory,
} from "../../crypto/statement/key-history.ts";
import { keyHistories } from "../../db/schema/key-histories.ts";
import { PlainFailure } from "../plain-failure.ts";
import { platformOrgId } from "../../access/platform.ts";
import { actOnPlatform, build, look, rawStatement, toStatement, type RunAsAdmin } from "./act.ts";

const Newest = z.tuple([z.tuple([z.string().nullable()])]);

/** The newest key history of the installation, as it was signed; null where there is none. */
export async function readNewestHistory(run: RunAsAdmin): Promise<{ signed: string; history: KeyHistory; rootKid: string } | null> {
  const [[signed]] = Newest.parse(await look(run, platformOrgId, rawStatement(sql`select app.key_history()`)));
  if (signed === null) return null;
  const opened = await openKeyHistory(signed);
  if (!opened.ok) throw new PlainFailure(`The installation's key history is ${opened.fault.replace("_", " ")}: somebody changed it.`);
  return { signed, history: opened.history, rootKid: opened.rootKid };
}

const failures: Readonly<Record<ChangeFailure, string>> = {
  known_key: "That key is in the history already.",
  unknown_key: "There is no such key in the history.",
  already_revoked: "That key is revoked already.",
  before_its_time: "The times do not fit: an end in the past, or a compromise in the future.",
};

/** Changes the key history by one step, signed by the root key, together with its event. Whoever else changes it meanwhile makes it fail. */
export async function changeKeyHistory(
  run: RunAsAdmin,
  { root, issuer, now }: { readonly root: Signer; readonly issuer: string; readonly now: Date },
  change: HistoryChange,
): Promise<KeyHistory> {
  const newest = await readNewestHistory(run);
  if (newest !== null && newest.rootKid !== root.kid)
    throw new PlainFailure(`The key history is signed by the root key ${newest.rootKid}, and this is ${root.kid}.`);
  const before = newest?.history ?? newHistory(issuer, root.x, now);
  const changed = changeHistory(before, change, now, newest === null ? null : await historyDigest(newest.signed));
  if (!changed.ok) throw new PlainFailure(failures[changed.reason]);
  const { history } = changed;
  const signed = await signHistory(root, history);
  const action = change.kind === "revoke" ? "signing_key.revoked" : "signing_key.introduced";
  const resource = change.kind === "move" ? root.kid : change.kid;
  const row = { orgId: platformOrgId, number: history.number, signed, createdAt: now };
  await actOnPlatform(run, { action, resource, change: { keyHistory: await historyDigest(signed) } }, [
    toStatement(build.insert(keyHistories).values(row)),
  ]);
  return history;
}
