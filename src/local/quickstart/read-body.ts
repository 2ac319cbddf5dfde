import type { IncomingMessage } from "node:http";

const maxBodyBytes = 100_000;

/** A request's body as text; none where it is larger than anything that is expected here. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    const part = Buffer.from(chunk);
    bytes += part.length;
    if (bytes > maxBodyBytes) return "";
    chunks.push(part);
  }
  return Buffer.concat(chunks).toString("utf8");
}
