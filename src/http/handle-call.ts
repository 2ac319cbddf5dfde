import { currentTime } from "../platform/clock.ts";
import type { Call } from "./call.ts";
import type { Basics, Operation } from "./operation.ts";
import { parseInput } from "./parse-input.ts";

/** The request's body, read once. */
export type BodyReader = () => Promise<Uint8Array<ArrayBuffer>>;

/** What any operation is given: its input as it declares it, and the request's own things. Throws 400 for anything else. */
export async function contextOf(operation: Operation, call: Call, body: BodyReader): Promise<Basics & { readonly input: unknown }> {
  const { env, request, waitUntil, trace } = call;
  const raw = { params: call.params, query: queryOf(request.url), contentType: request.headers.get("Content-Type"), body };
  const input = await parseInput(operation.request, raw);
  const { requestId, meter } = trace;
  return { input, env, waitUntil, requestId, meter, now: currentTime() };
}

/**
 * The context is what ContextOf promised for the operation's class: with `quote` in run-for-payer.ts, where the table's forgotten types come
 * back. `judge` throws for callers who may not be told what is wrong with their input.
 */
export async function handleCall(
  operation: Operation,
  call: Call,
  body: BodyReader,
  caller: object,
  judge?: () => Promise<void>,
): Promise<unknown> {
  const context = await contextOf(operation, call, body).catch(async (fault: unknown) => {
    await judge?.();
    throw fault;
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- ContextOf promised it
  const run = operation.handle as (context: object) => Promise<unknown>;
  return run({ ...context, ...caller });
}

const noQuery = new URLSearchParams();

/** Most requests have none, and to parse a whole URL for it costs as much as checking the answer. */
function queryOf(url: string): URLSearchParams {
  const at = url.indexOf("?");
  return at === -1 ? noQuery : new URL(url).searchParams;
}
