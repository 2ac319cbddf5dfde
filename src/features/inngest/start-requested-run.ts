import { z } from "@hono/zod-openapi";
import type { IdempotencyRequest } from "../../access/idempotency.ts";
import { actAsSystem, openSystemDb } from "../../access/system-principal.ts";
import { sha256Digest } from "../../crypto/digest.ts";
import { findLinkedOrganization } from "../../db/cross-tenant.ts";
import { AlreadyDone } from "../../db/database-fault.ts";
import { findAnswer, idempotentWrite } from "../../http/idempotency.ts";
import type { Basics } from "../../http/operation.ts";
import { Problem, type ProblemCode } from "../../http/problem.ts";
import { idPattern } from "../../platform/ids.ts";
import { startRun, StartRunBody } from "../evals/index.ts";

/** What an event asks for: what `runs.start` takes, and for whom. */
const Requested = StartRunBody.safeExtend({
  organization: z.string().regex(idPattern("organization")),
  agentId: z.string().regex(idPattern("agent")),
});
/** The event's name is the key under which it is done once: printable ASCII, as an Idempotency-Key. */
const EventId = z.string().regex(/^[\x21-\x7e]{1,255}$/);
const Started = z.object({ id: z.string() });

/** `later`: what stood in the way may pass by itself. */
export type RequestedRun =
  | { readonly ok: true; readonly runId: string | null }
  | { readonly ok: false; readonly later: boolean; readonly reason: string };

type Context = Pick<Basics, "env" | "now" | "requestId" | "meter">;

const actor = "system:inngest";
const operation = "inngest.start_run";
const refused = (reason: string, later = false): RequestedRun => ({ ok: false, later, reason });

/**
 * Starts the run that an event asks for, as `runs.start` would: once for an event, however often Inngest delivers it. Only for organizations that
 * the administrator linked; whatever is refused has changed nothing. `runId`: null where the run is known and its name no longer is (24 hours).
 */
export async function startRequestedRun(context: Context, event: { id?: unknown; data?: unknown }): Promise<RequestedRun> {
  const [id, data] = [EventId.safeParse(event.id), Requested.safeParse(event.data)];
  if (!id.success || !data.success) return refused(`not such an event: ${faultsOf(id.error, data.error)}`);
  const { organization, agentId, ...body } = data.data;
  try {
    const orgId = await findLinkedOrganization(context.env, "inngest", organization);
    if (orgId !== organization) return refused("no such organization is linked");
    const request = { operation, key: id.data, fingerprint: await sha256Digest(JSON.stringify(data.data)) };
    return { ok: true, runId: await startOnce(context, orgId, request, { agentId, body }) };
  } catch (thrown) {
    return readRefusal(thrown);
  }
}

type Asked = { readonly agentId: string; readonly body: z.output<typeof StartRunBody> };

async function startOnce(context: Context, orgId: string, request: IdempotencyRequest, { agentId, body }: Asked): Promise<string | null> {
  const { env, now, requestId, meter } = context;
  const { tenant: reader, plan, openBox } = await actAsSystem(env, orgId, actor, { requestId, meter });
  const box = openBox();
  const startedBefore = async (): Promise<string | undefined> => {
    const answer = await findAnswer(reader, box, actor, request);
    return answer && Started.parse(JSON.parse(answer.body)).id;
  };
  const earlier = await startedBefore();
  if (earlier !== undefined) return earlier;
  try {
    const idempotent = idempotentWrite(box, actor, request, 202);
    const tenant = openSystemDb(env, orgId, actor, { requestId, meter, idempotent });
    return (await startRun({ env, tenant, plan, now, principal: { agentId: null, actor } }, agentId, body)).id;
  } catch (thrown) {
    // Another delivery of the event was faster, or this one's answer was lost on its way.
    if (!(thrown instanceof AlreadyDone)) throw thrown;
    return (await startedBefore()) ?? null;
  }
}

/** A place among the plan's runs becomes free again, and a database comes back; the rest is as wrong the next time. */
const passing: ReadonlySet<ProblemCode> = new Set(["plan_limit", "unavailable"]);

function readRefusal(thrown: unknown): RequestedRun {
  if (!(thrown instanceof Problem)) throw thrown;
  const { code, errors } = thrown;
  return refused([code, ...errors.map(({ path, message }) => `${path}: ${message}`)].join("; "), passing.has(code));
}

const faultsOf = (...errors: readonly (z.ZodError | undefined)[]): string =>
  errors.flatMap((error) => error?.issues.map(({ path, message }) => `${path.join(".") || "event"}: ${message}`) ?? []).join("; ");
