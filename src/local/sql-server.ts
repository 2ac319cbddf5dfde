import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import pg from "pg";
import { readBatch, RequestRefused, type Credential } from "./sql-protocol.ts";
import { runBatch, type Batch, type RawResult } from "./sql-batch.ts";

/** Sees each transaction before and after it ran; the tests count and fail them here. A throw stands for a dead database. */
export type Observer = {
  readonly before: (batch: Batch) => void;
  readonly after: (batch: Batch) => void;
};

export type SqlServerOptions = {
  readonly pool: pg.Pool;
  /** The roles that may come in, each with its password. */
  readonly passwords: Readonly<Record<string, string>>;
  readonly port?: number;
  readonly observer?: Observer;
};

export type SqlServer = {
  /** What the driver's `fetchEndpoint` is set to. */
  readonly endpoint: string;
  readonly connectionString: (role: string) => string;
  readonly close: () => Promise<void>;
};

/** Starts an HTTP server on loopback that speaks the `/sql` protocol of Neon's serverless driver over a `pg` pool. */
export async function startSqlServer(options: SqlServerOptions): Promise<SqlServer> {
  const server = createServer((request, response) => void answer(options, request, response));
  const port = await listen(server, options.port ?? 0);
  return {
    endpoint: `http://127.0.0.1:${port}/sql`,
    connectionString: (role) => `postgresql://${role}:${options.passwords[role] ?? ""}@127.0.0.1:${port}/armalo`,
    close: () => closeServer(server),
  };
}

async function answer(options: SqlServerOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    checkHost(request);
    const { batch, single } = await readBatch(request, (credential) => admits(options.passwords, credential));
    options.observer?.before(batch);
    const results = await runBatch(options.pool, batch);
    options.observer?.after(batch);
    sendJson(response, 200, single ? results[0] : { results });
  } catch (error) {
    if (error instanceof pg.DatabaseError) sendJson(response, 400, describe(error));
    else if (error instanceof RequestRefused) sendJson(response, error.status, { message: error.message });
    else sendJson(response, 503, { message: "the database is not reachable" });
  }
}

/** A web page can make a browser send requests to loopback, but under its own host name: DNS rebinding ends here. */
function checkHost(request: IncomingMessage): void {
  const port = request.socket.localPort;
  if (request.headers.host !== `127.0.0.1:${port}` && request.headers.host !== `localhost:${port}`) {
    throw new RequestRefused(421, "this server answers on loopback only");
  }
}

function admits(passwords: Readonly<Record<string, string>>, { role, password }: Credential): boolean {
  const expected = Object.hasOwn(passwords, role) ? passwords[role] : undefined;
  if (expected === undefined || expected === "") return false;
  return timingSafeEqual(sha256(expected), sha256(password));
}

const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();

const errorFields = [
  "severity",
  "code",
  "detail",
  "hint",
  "position",
  "internalPosition",
  "internalQuery",
  "where",
  "schema",
  "table",
  "column",
  "dataType",
  "constraint",
  "file",
  "line",
  "routine",
] as const satisfies readonly (keyof pg.DatabaseError)[];

const describe = (error: pg.DatabaseError): Record<string, unknown> => ({
  message: error.message,
  ...Object.fromEntries(errorFields.map((name) => [name, error[name]])),
});

function sendJson(response: ServerResponse, status: number, body: RawResult | object | undefined): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      if (address === null || typeof address === "string") reject(new Error("no port"));
      else resolve(address.port);
    });
  });
}

function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
