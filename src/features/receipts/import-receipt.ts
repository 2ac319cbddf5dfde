import { selectKeyHistory } from "../../access/current-signer.ts";
import { requireAgent } from "../../access/principal.ts";
import type { WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { selectAgent } from "../agents/index.ts";
import { selectAgentKeys } from "../agent-keys/index.ts";
import { planScore, selectScoreGround, type ScoreGround } from "../scores/index.ts";
import { planReceipt, type ReceiptGround } from "./issue-receipt.ts";
import type { ImportedView } from "./schemas.ts";
import { evidenceOfSelfRun, judgeSelfRun, type SelfRunVerdict } from "./self-run.ts";
import { insertSelfRun, selectReceiptHead } from "./store.ts";
import { bringNoEvidence, retryChained, writeChained } from "./write-chained.ts";

type Context = WriteContext<"receipt.imported">;

/** Takes in an eval that an agent ran by itself and signed: a receipt of that, and evidence of assurance 0.3. Each artifact counts once. */
export const importReceipt = (context: Context, input: { readonly agentId: string; readonly artifact: string }): Promise<ImportedView> =>
  retryChained(() => importOnce(context, input));

async function importOnce(
  context: Context,
  { agentId, artifact }: { readonly agentId: string; readonly artifact: string },
): Promise<ImportedView> {
  const { tenant, principal, now } = context;
  requireAgent(principal, agentId);
  const [[agent], keys, [head], [keyHistory], rows, [standing]] = await tenant.read((db) => [
    selectAgent(db, agentId),
    selectAgentKeys(db, agentId),
    selectReceiptHead(db, agentId),
    selectKeyHistory(db),
    ...selectScoreGround(db, agentId, null),
  ]);
  if (agent === undefined) throw problem("not_found", "no such agent");
  if (agent.archivedAt !== null) throw problem("state_conflict", "the agent is archived");
  const verdict = await judgeSelfRun(artifact, agent, keys, now);
  if (!verdict.ok) throw problem("invalid_request", verdict.message, { errors: [{ path: "body.artifact", message: verdict.message }] });
  const write = async (last: ReceiptGround["head"]) => {
    const answer = await writeRun(
      context,
      { agent, scoreGround: { rows, standing }, artifact, ground: { head: last, keyHistory } },
      verdict,
    );
    return { answer, head: answer.receipt };
  };
  return writeChained(head, write, bringNoEvidence);
}

type Ground = {
  readonly agent: Awaited<ReturnType<typeof selectAgent>>[number];
  readonly scoreGround: ScoreGround;
  readonly artifact: string;
  readonly ground: ReceiptGround;
};

/** The receipt, the evidence and the score that comes of it, in one write. */
async function writeRun(
  { tenant, env, now }: Context,
  { agent, scoreGround, artifact, ground }: Ground,
  { run, digest, key }: Extract<SelfRunVerdict, { ok: true }>,
): Promise<ImportedView> {
  const receipt = await planReceipt(
    { env, tenant, now },
    ground,
    {
      action: { name: "self_run.import", digest },
      about: digest,
      mode: run.mode,
      policy: null,
      approval: null,
      disposition: "executed",
      // We saw the artifact, and nothing of the run.
      effect: "unknown",
      outcome: digest,
      intent: null,
    },
    { artifact: digest, key: key.x },
  );
  const record = evidenceOfSelfRun(run, { receiptId: receipt.view.id, orgId: tenant.orgId, versionNumber: agent.versionNumber, now });
  const { id: agentId, versionNumber } = agent;
  const score = await planScore({ agentId, ownerOrg: tenant.orgId, versionNumber, ground: scoreGround, record, now });
  const { compositeScore } = score.document;
  const answer: ImportedView = { receipt: receipt.view, assurance: 0.3, checks: run.checks.length, compositeScore };
  const event = { action: "receipt.imported", resource: receipt.view.id, change: receipt.change, answer } as const;
  await tenant.write({ ...event, consequences: score.consequences }, (db) => [
    ...receipt.statements(db),
    insertSelfRun(db, { receiptId: receipt.view.id, digest, artifact, createdAt: now }),
    ...score.statements(db),
  ]);
  return answer;
}
