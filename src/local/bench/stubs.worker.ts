import { WorkerEntrypoint } from "cloudflare:workers";

/** Stands for Cloudflare's rate limiting binding, which workerd alone lacks. The measured requests never ask it. */
export class RateLimit extends WorkerEntrypoint {
  limit(): { success: boolean } {
    return { success: true };
  }
}

type Kept = { readonly status: number; readonly headers: Headers; readonly body: ArrayBuffer };
const kept = new Map<string, Kept>();
const miss = (): Response => new Response(null, { status: 504, headers: { "CF-Cache-Status": "MISS" } });

/**
 * Stands for the data centre's cache, which workerd alone lacks: it asks a service for what it looks up, and sends what it stores as the text
 * of an HTTP answer. This one keeps everything in memory; how old an answer may be is the Worker's own business.
 */
export class Cache extends WorkerEntrypoint {
  override async fetch(request: Request): Promise<Response> {
    if (request.method === "PUT") {
      kept.set(request.url, readAnswer(await request.arrayBuffer()));
      return new Response(null, { status: 204 });
    }
    const answer = kept.get(request.url);
    return answer === undefined ? miss() : new Response(answer.body, { status: answer.status, headers: answer.headers });
  }
}

/** Status line, headers, an empty line, and the rest. */
function readAnswer(message: ArrayBuffer): Kept {
  const text = new TextDecoder("latin1").decode(message);
  const end = text.indexOf("\r\n\r\n");
  const [statusLine = "", ...lines] = text.slice(0, end).split("\r\n");
  const headers = new Headers({ "CF-Cache-Status": "HIT" });
  for (const line of lines) headers.append(line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim());
  return { status: Number(statusLine.split(" ")[1]), headers, body: message.slice(end + 4) };
}

/** The same, when nothing was ever asked before. */
export class EmptyCache extends WorkerEntrypoint {
  override fetch({ method }: Request): Response {
    return method === "PUT" ? new Response(null, { status: 204 }) : miss();
  }
}

/** Stands for what no measured request may reach: Workflows and assets. */
export default { fetch: () => new Response(null, { status: 501 }) } satisfies ExportedHandler;
