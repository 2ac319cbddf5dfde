import type { MediaAnswer, Operation } from "./operation.ts";

/** The answer as it leaves: what the schema parsed and nothing else. An answer that breaks its own contract is our failure. */
export function answerResponse(operation: Operation, answer: unknown): Response {
  const { response } = operation;
  const headers = new Headers(response.cacheControl === undefined ? {} : { "Cache-Control": response.cacheControl });
  if (response.body !== undefined) {
    const parsed = response.body.safeParse(answer);
    if (!parsed.success)
      throw new Error(`${operation.id} broke its contract at ${parsed.error.issues.map(({ path }) => path.join(".")).join(", ")}`);
    headers.set("Content-Type", "application/json");
    return new Response(JSON.stringify(parsed.data), { status: response.status, headers });
  }
  if (response.upgrade || response.relayed) return withOpenHeaders(answer);
  const media = asMedia(answer);
  if (!response.media.includes(media.mediaType)) throw new Error(`${operation.id} answered with an undeclared media type`);
  for (const [name, value] of Object.entries(media.headers ?? {})) headers.set(name, value);
  headers.set("Content-Type", media.mediaType.startsWith("text/") ? `${media.mediaType}; charset=utf-8` : media.mediaType);
  return new Response(media.content, { status: response.status, headers });
}

/** An operation with `media` returns a MediaAnswer, by its type. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion --the operation's type promised it
const asMedia = (answer: unknown): MediaAnswer => answer as MediaAnswer;

/** A socket's answer as the object gave it, or a library's, its headers open to ours. */
function withOpenHeaders(answer: unknown): Response {
  if (!(answer instanceof Response)) throw new Error("what is passed on is a response");
  return new Response(answer.body, answer);
}
