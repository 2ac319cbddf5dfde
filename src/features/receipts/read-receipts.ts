import type { z } from "@hono/zod-openapi";
import { openHistory, selectKeyHistory } from "../../access/current-signer.ts";
import { requireAgent } from "../../access/principal.ts";
import { bundleFormat, type Bundle } from "../../crypto/statement/bundle.ts";
import type { ReadContext } from "../../http/operation.ts";
import { toPage } from "../../http/pagination.ts";
import { problem } from "../../http/problem.ts";
import { inEnvelope, preimageOf, proveStatement, type Envelope } from "../statements/index.ts";
import { toReceipt } from "./issue-receipt.ts";
import type { ListReceiptsQuery, ReceiptPage, ReceiptView } from "./schemas.ts";
import { selectReceipt, selectReceiptEvent, selectReceipts } from "./store.ts";

export async function listReceipts(
  { tenant, principal }: ReadContext,
  query: z.output<typeof ListReceiptsQuery>,
): Promise<z.input<typeof ReceiptPage>> {
  if (query.agentId !== undefined) requireAgent(principal, query.agentId);
  const agentId = principal.agentId ?? query.agentId ?? null;
  const [rows] = await tenant.read((db) => [selectReceipts(db, query, { agentId })]);
  return toPage(rows, query, ({ issuedAt, id }) => ({ at: issuedAt, id }), toReceipt);
}

export async function getReceipt({ tenant, principal }: ReadContext, id: string): Promise<ReceiptView> {
  const [[row]] = await tenant.read((db) => [selectReceipt(db, id)]);
  if (row === undefined) throw problem("not_found", "no such receipt");
  requireAgent(principal, row.agentId);
  return toReceipt(row);
}

/** The receipt with all that is needed to check it offline. It is never revoked, so it has no revocation list. */
export async function readReceiptBundle({ tenant, principal, env }: ReadContext, id: string, envelope: Envelope): Promise<Bundle> {
  const [[row], [event], [keyHistory]] = await tenant.read((db) => [
    selectReceipt(db, id),
    selectReceiptEvent(db, id),
    selectKeyHistory(db),
  ]);
  if (row === undefined || event === undefined) throw problem("not_found", "no such receipt");
  requireAgent(principal, row.agentId);
  const history = await openHistory(keyHistory);
  const { inclusion } = await proveStatement(env, event, preimageOf(row.digest, row.changeDigest));
  return { format: bundleFormat, statement: inEnvelope(row, envelope), keyHistory: history.signed, inclusion, statusList: null };
}
