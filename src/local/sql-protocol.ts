import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { z } from "zod";
import type { Batch } from "./sql-batch.ts";

export type Credential = { readonly role: string; readonly password: string };

/** A request that is answered without asking the database. */
export class RequestRefused extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const maxBodyBytes = 64 * 1024 * 1024; // what Neon accepts

const StatementBody = z.object({ query: z.string(), params: z.array(z.unknown()).default([]) });
const RequestBody = z.union([z.object({ queries: z.array(StatementBody).min(1) }), StatementBody]);

const isolationLevels = {
  ReadUncommitted: "read uncommitted",
  ReadCommitted: "read committed",
  RepeatableRead: "repeatable read",
  Serializable: "serializable",
} as const satisfies Record<string, Batch["isolation"]>;

/** Reads one request of Neon's HTTP protocol: who asks comes first, and only then the body. */
export async function readBatch(
  request: IncomingMessage,
  admits: (credential: Credential) => boolean,
): Promise<{ batch: Batch; single: boolean }> {
  if (request.method !== "POST" || request.url !== "/sql") throw new RequestRefused(404, "POST /sql is all there is");
  const credential = readCredential(request.headers);
  if (!credential || !admits(credential)) throw new RequestRefused(401, "the connection string's role or password is wrong");
  const parsed = RequestBody.safeParse(parseJson(await readBody(request)));
  if (!parsed.success) throw new RequestRefused(422, "the body is neither a query nor a batch of queries");
  if ("query" in parsed.data) return { single: true, batch: { role: credential.role, statements: [parsed.data] } };
  return { single: false, batch: { role: credential.role, statements: parsed.data.queries, ...readModes(request.headers) } };
}

function readCredential(headers: IncomingHttpHeaders): Credential | undefined {
  const url = URL.parse(String(headers["neon-connection-string"]));
  return url ? { role: decodeURIComponent(url.username), password: decodeURIComponent(url.password) } : undefined;
}

function readModes(headers: IncomingHttpHeaders): Pick<Batch, "isolation" | "readOnly" | "deferrable"> {
  const level = headers["neon-batch-isolation-level"];
  const readOnly = headers["neon-batch-read-only"];
  const deferrable = headers["neon-batch-deferrable"];
  return {
    ...(level === undefined ? {} : { isolation: readLevel(String(level)) }),
    ...(readOnly === undefined ? {} : { readOnly: readOnly === "true" }),
    ...(deferrable === undefined ? {} : { deferrable: deferrable === "true" }),
  };
}

function readLevel(name: string): NonNullable<Batch["isolation"]> {
  for (const [level, sql] of Object.entries(isolationLevels)) if (level === name) return sql;
  throw new RequestRefused(422, "unknown isolation level");
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > maxBodyBytes) throw new RequestRefused(413, "the body is too large");
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new RequestRefused(422, "the body is not JSON");
  }
}
