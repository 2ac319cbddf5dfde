import type { z } from "@hono/zod-openapi";
import { requireWholeOrganization } from "../../access/principal.ts";
import type { ReadContext } from "../../http/operation.ts";
import { toPage } from "../../http/pagination.ts";
import { problem } from "../../http/problem.ts";
import { subjectOf, type ExceptionSubject } from "./exception-id.ts";
import type { ExceptionQuery, ExceptionView, RuntimeExceptionPage } from "./schemas.ts";
import { selectException, selectExceptions } from "./store.ts";
import { toException } from "./view.ts";

export async function listExceptions(
  { tenant, principal, now }: ReadContext,
  query: ExceptionQuery,
): Promise<z.input<typeof RuntimeExceptionPage>> {
  requireWholeOrganization(principal);
  const [rows] = await tenant.read((db) => [selectExceptions(db, query, now)]);
  return toPage(rows, query, ({ found }) => ({ at: found.lastSeenAt, id: found.id }), toException);
}

export async function getException({ tenant, principal, now }: ReadContext, exceptionId: string): Promise<ExceptionView> {
  requireWholeOrganization(principal);
  const subject = requireSubject(exceptionId);
  const [[row]] = await tenant.read((db) => [selectException(db, subject, now)]);
  if (row === undefined) throw problem("not_found", "no such exception");
  return toException(row);
}

/** What an identifier is about, be it of another organization: whether it is there is for the database to say. */
export function requireSubject(exceptionId: string): ExceptionSubject {
  const subject = subjectOf(exceptionId);
  if (subject === undefined) throw problem("not_found", "an identifier of no kind of exception");
  return subject;
}
