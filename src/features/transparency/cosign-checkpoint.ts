import type { z } from "@hono/zod-openapi";
import { parseNote, parseSignature, parseVerifierKey } from "../../audit/transparency/signed-note.ts";
import { verifySignature } from "../../audit/transparency/verify-note.ts";
import type { WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { requireWholeOrganization } from "../../access/principal.ts";
import { badField } from "./refuse.ts";
import type { Cosignature, CosignBody } from "./schemas.ts";
import { insertCosignature, maxWitnesses, selectCheckpoint, selectCosignatures } from "./store.ts";

const clockSkewSeconds = 300;

/** Takes a witness's signature over one of the organization's checkpoints, once it was verified, and serves it with the checkpoint. */
export async function cosignCheckpoint(
  { tenant, principal, now }: WriteContext<"checkpoint.cosigned">,
  { size, verifierKey, signature }: z.output<typeof CosignBody>,
): Promise<z.input<typeof Cosignature>> {
  requireWholeOrganization(principal);
  const key = parseVerifierKey(verifierKey);
  if (key?.type !== 4) throw badField("body.verifierKey", "Not a vkey of type 4.");
  const line = `${signature.trimEnd()}\n`;
  const parsed = parseSignature(line);
  if (parsed?.keyName !== key.name || parsed.keyId !== key.keyId) throw badField("body.signature", "Not a signature line of this key.");
  const [[checkpoint], others] = await tenant.read((db) => [selectCheckpoint(db, size), selectCosignatures(db, size)]);
  const text = checkpoint === undefined ? undefined : parseNote(checkpoint.note)?.text;
  if (text === undefined) throw badField("body.size", "No checkpoint has this size.");
  // A line that could be taken for the log's own, with a key id made to fit, would spoil the note.
  if (text.startsWith(`${key.name}\n`)) throw badField("body.verifierKey", "This is the log's own name.");
  if (others.length >= maxWitnesses) throw problem("state_conflict", "the checkpoint has as many witnesses as verifiers must accept");
  const verified = await verifySignature(text, parsed, key);
  if (verified === undefined || verified.witnessedAt === null) throw badField("body.signature", "Does not hold over this checkpoint.");
  if (verified.witnessedAt * 1000 > now.getTime() + clockSkewSeconds * 1000) throw badField("body.signature", "Its time is in the future.");
  const witnessedAt = new Date(verified.witnessedAt * 1000);
  const answer = { size, witness: key.name, verifierKey, witnessedAt: witnessedAt.toISOString() };
  await tenant.write({ action: "checkpoint.cosigned", resource: tenant.orgId, change: answer, answer }, (db) => [
    insertCosignature(db, { size, verifierKey, line, witnessedAt, createdAt: now }),
  ]);
  return answer;
}
