import { proveEvent } from "../../audit/log-client.ts";
import { auditLeaf } from "../../audit/leaf.ts";
import { formatTlogProof } from "../../audit/transparency/tlog-proof.ts";
import type { Inclusion } from "../../crypto/statement/bundle.ts";
import type { Environment } from "../../env.ts";
import { describeFault } from "../../platform/describe-fault.ts";
import { log } from "../../platform/logger.ts";
import type { EventRow } from "./store.ts";

/** What the event of a statement is the digest of: the statement, and whatever else was changed with it. */
export type Preimage = { readonly statement: string; readonly change?: string };

export const preimageOf = (digest: string, changeDigest: string | null): Preimage =>
  changeDigest === null ? { statement: digest } : { statement: digest, change: changeDigest };

/** How long an answer waits for the log: it is told without its proof where that takes longer. */
const patienceMs = 3_000;

/** `late`: the log is out of reach or has not got there yet, and can be asked again. `stopped`: it found that events were tampered with. */
export type LogState = "included" | "late" | "stopped";
export type Proved = { readonly inclusion: Inclusion | null; readonly logState: LogState };

/** The proof that the event which issued a statement stands in the log, where it can be had in a few seconds. */
export async function proveStatement(env: Environment, event: EventRow, preimage: Preimage): Promise<Proved> {
  const proving = proveEvent(env, event).catch((fault: unknown) => {
    log("error", "statement_not_proved", { orgId: event.orgId, seq: event.seq, fault: describeFault(fault) });
    return undefined;
  });
  const answer = await Promise.race([proving, new Promise<undefined>((resolve) => void setTimeout(() => resolve(undefined), patienceMs))]);
  if (answer?.ok !== true) return { inclusion: null, logState: answer?.reason === "stopped" ? "stopped" : "late" };
  const { index, hashes, checkpoint } = answer.proof;
  const proof = formatTlogProof({ index, hashes, checkpoint });
  return { inclusion: { leaf: { ...auditLeaf(event), v: 1 }, preimage, proof }, logState: "included" };
}
