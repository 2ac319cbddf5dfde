import type { z } from "@hono/zod-openapi";
import { requirePerson } from "../../access/principal.ts";
import { selectActiveMember } from "../../access/member-queries.ts";
import type { JsonValue } from "../../crypto/canonical-json.ts";
import { commitTo, newSalt } from "../../crypto/commitment.ts";
import type { WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import type { ExceptionStatus } from "./exception.ts";
import { requireSubject } from "./read-exceptions.ts";
import type { AssignExceptionBody, ExceptionView, ResolveExceptionBody } from "./schemas.ts";
import { insertHandling, selectException, selectLastSeq, updateHandling, type FoundException, type NewHandling } from "./store.ts";
import { toException } from "./view.ts";

type HandlingAction = "exception.assigned" | "exception.acknowledged" | "exception.resolved";
type Context<A extends HandlingAction> = Pick<WriteContext<A>, "tenant" | "principal" | "now">;

/** Gives an exception to an active member, or to nobody. It stays theirs where it occurs again. */
export async function assignException(
  context: Context<"exception.assigned">,
  id: string,
  { memberId }: z.output<typeof AssignExceptionBody>,
): Promise<ExceptionView> {
  const { read, assignable } = await load(context, id, memberId);
  if (read.found.status === "resolved") throw problem("state_conflict", "the exception is resolved");
  if (!assignable) {
    const errors = [{ path: "body.memberId", message: "There is no such active member." }];
    throw problem("invalid_request", "no such active member", { errors });
  }
  const assigned: NewHandling = { ...handlingOf(read, context.now), state: read.found.status, assigneeId: memberId };
  return keep(context, "exception.assigned", read, assigned, { change: { memberId } });
}

/** Says that somebody looks after it. */
export async function acknowledgeException(context: Context<"exception.acknowledged">, id: string): Promise<ExceptionView> {
  const { actor } = requirePerson(context.principal);
  const { read } = await load(context, id, null);
  if (read.found.status !== "open") throw problem("state_conflict", `the exception is ${read.found.status}`);
  const acknowledged = { state: "acknowledged", acknowledgedBy: actor, acknowledgedAt: context.now } as const;
  const change = { lastSeenAt: read.found.lastSeenAt.toISOString() };
  return keep(context, "exception.acknowledged", read, { ...handlingOf(read, context.now), ...acknowledged }, { change });
}

/** Closes it as it is seen now: what occurs later, or is logged later, opens it again. */
export async function resolveException(
  context: Context<"exception.resolved">,
  id: string,
  { note }: z.output<typeof ResolveExceptionBody>,
): Promise<ExceptionView> {
  const { actor } = requirePerson(context.principal);
  const { read, lastSeq } = await load(context, id, null);
  if (read.found.status === "resolved") throw problem("state_conflict", "the exception is resolved");
  const noteSalt = note === null ? null : newSalt();
  const resolved = { state: "resolved", resolvedBy: actor, resolvedAt: context.now, resolvedSeq: lastSeq, note, noteSalt } as const;
  return keep(
    context,
    "exception.resolved",
    read,
    { ...handlingOf(read, context.now), ...resolved },
    {
      change: { lastSeenAt: read.found.lastSeenAt.toISOString(), count: read.found.occurred },
      ...(note === null || noteSalt === null ? {} : { commitment: await commitTo(noteSalt, note) }),
    },
  );
}

type Read = Pick<FoundException, "found" | "handling">;

/** One round trip, and one moment: the exception, the end of the log, and whether a member may be given it. */
async function load(
  { tenant, now }: Context<HandlingAction>,
  id: string,
  memberId: string | null,
): Promise<{ read: Read; lastSeq: number; assignable: boolean }> {
  const subject = requireSubject(id);
  const [[read], [last], [member]] = await tenant.read((db) => [
    selectException(db, subject, now),
    selectLastSeq(db),
    selectActiveMember(db, memberId ?? ""),
  ]);
  if (read === undefined) throw problem("not_found", "no such exception");
  return { read, lastSeq: last?.seq ?? 0, assignable: memberId === null || member !== undefined };
}

/** What people made of it so far. */
function handlingOf({ found, handling }: Read, now: Date): NewHandling {
  if (handling !== null) {
    const { orgId: _orgId, revision: _revision, ...kept } = handling;
    return { ...kept, updatedAt: now };
  }
  const nobody = { assigneeId: null, acknowledgedBy: null, acknowledgedAt: null, resolvedBy: null, resolvedAt: null, resolvedSeq: null };
  return { id: found.id, state: "open", ...nobody, note: null, noteSalt: null, createdAt: now, updatedAt: now };
}

type Logged = { readonly change: JsonValue; readonly commitment?: string };

/** Of two people at the same moment one is too late (409): the first row is there, or the revision is another. */
async function keep<A extends HandlingAction>(
  { tenant }: Context<A>,
  action: A,
  { found, handling }: Read,
  kept: NewHandling,
  { change, ...logged }: Logged,
): Promise<ExceptionView> {
  const status: ExceptionStatus = kept.state;
  const view = toException({ found: { ...found, status }, handling: { ...kept, orgId: tenant.orgId, revision: 0 } });
  await tenant.write({ action, resource: found.id, change, ...logged, answer: view }, (db) => [
    handling === null ? insertHandling(db, kept) : updateHandling(db, handling.revision, kept),
  ]);
  return view;
}
