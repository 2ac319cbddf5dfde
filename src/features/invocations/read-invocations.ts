import type { z } from "@hono/zod-openapi";
import { requireAgent, type Principal } from "../../access/principal.ts";
import { openInput, RecordedInput } from "../../grants/recorded-input.ts";
import type { ReadContext } from "../../http/operation.ts";
import { toPage } from "../../http/pagination.ts";
import { problem } from "../../http/problem.ts";
import type { InvocationPage, InvocationView, ListInvocationsQuery } from "./schemas.ts";
import { selectInvocation, selectInvocations } from "./store.ts";
import { toInvocation } from "./view.ts";

/** A credential that is bound to an agent sees that one's. */
export async function listInvocations(
  { tenant, principal }: ReadContext,
  query: z.output<typeof ListInvocationsQuery>,
): Promise<z.input<typeof InvocationPage>> {
  if (query.agentId !== undefined) requireAgent(principal, query.agentId);
  const { grantId, status } = query;
  const agentId = principal.agentId ?? query.agentId;
  const [rows] = await tenant.read((db) => [selectInvocations(db, query, { grantId, agentId, status })]);
  return toPage(rows, query, ({ createdAt, id }) => ({ at: createdAt, id }), toInvocation);
}

export async function getInvocation({ tenant, principal, box }: ReadContext, id: string): Promise<InvocationView> {
  const [[row]] = await tenant.read((db) => [selectInvocation(db, id)]);
  if (row === undefined) throw problem("not_found", "no such invocation");
  requireAgent(principal, row.agentId);
  const view = toInvocation(row);
  if (!maySeeInput(principal)) return view;
  const { facts } = RecordedInput.parse(await openInput(box, id, row.sealedInput));
  return { ...view, input: facts.arguments };
}

/** Arguments may be anything: who asked knows them, and who decides and reviews must see them. */
const maySeeInput = ({ agentId, scopes }: Principal): boolean => agentId !== null || scopes.includes("approvals:read");
