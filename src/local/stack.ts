import { randomBytes } from "node:crypto";
import { createServer } from "node:net";
import { join } from "node:path";
import type pg from "pg";
import { z } from "zod";
import { buildWorker } from "./build-worker.ts";
import { localPaymentBindings } from "./chain/network.ts";
import { openInstallation, type Installation } from "./installation.ts";
import { keepKeyHistory } from "./keep-key-history.ts";
import { PlainFailure } from "./plain-failure.ts";
import { announce } from "./running.ts";
import { serveWorker, type OpenRun } from "./serve-worker.ts";
import { runBatch } from "./sql-batch.ts";
import { startSqlServer } from "./sql-server.ts";

export type Stack = {
  readonly url: string;
  readonly installation: Installation;
  readonly resumeRuns: () => Promise<void>;
  /** Something else that `close` ends, after everything that may still use it. */
  readonly alsoClose: (end: () => Promise<void>) => void;
  readonly close: () => Promise<void>;
};

/** Starts everything that stands in for the cloud on this machine: the database, its `/sql` door and the Worker. */
export async function startStack(port: number): Promise<Stack> {
  await requireFreePort(port);
  const building = buildWorker();
  building.catch(() => undefined); // it is awaited below; an earlier failure must not leave it unheard
  const installation = await openInstallation();
  if (installation === undefined)
    throw new PlainFailure("Armalo is already running from this folder: stop it first, or set ARMALO_DATA_DIR to another one.");
  const opened: (() => Promise<void>)[] = [installation.close];
  const close = async (): Promise<void> => {
    for (const end of opened.toReversed()) await end();
  };
  try {
    const passwords = { armalo_app: randomBytes(24).toString("base64url"), armalo_admin: randomBytes(24).toString("base64url") };
    const sql = await startSqlServer({ pool: installation.database.pool, passwords });
    opened.push(sql.close);
    const url = `http://127.0.0.1:${port}`;
    const door = { endpoint: sql.endpoint, connectionString: sql.connectionString("armalo_admin"), url };
    opened.push(await announce(installation.folder, door));
    await keepKeyHistory(installation, url);
    const worker = await serveWorker({
      script: await building,
      port,
      persistDir: join(installation.folder, "objects"),
      logFile: join(installation.folder, "worker.log"),
      bindings: {
        ...installation.secrets,
        DATABASE_URL: sql.connectionString("armalo_app"),
        DATABASE_ENDPOINT: sql.endpoint,
        PUBLIC_ORIGIN: url,
        EGRESS: "local",
        DEPLOYMENT: "local",
        SIGN_IN: "local",
        ...localPaymentBindings(),
      },
    });
    opened.push(worker.close);
    const resumeRuns = async (): Promise<void> => worker.resumeRuns(await findOpenRuns(installation.database.pool));
    return { url, installation, resumeRuns, alsoClose: (end) => void opened.unshift(end), close };
  } catch (error) {
    await close();
    throw error;
  }
}

const Rows = z.array(z.tuple([z.string(), z.string()]));

/** All runs that have not ended. */
async function findOpenRuns(pool: pg.Pool): Promise<OpenRun[]> {
  const statement = { query: "select org_id, id from app.open_runs(now(), 500)", params: [] };
  const [open] = await runBatch(pool, { role: "armalo_app", statements: [statement] });
  return Rows.parse(open?.rows).map(([orgId, runId]) => ({ orgId, runId }));
}

async function requireFreePort(port: number): Promise<void> {
  const probe = createServer();
  try {
    await new Promise<void>((resolve, reject) => probe.once("error", reject).listen(port, "127.0.0.1", resolve));
  } catch {
    throw new PlainFailure(`Port ${port} is in use: stop what uses it, or choose another one with \`PORT=${port + 1} npm start\`.`);
  }
  await new Promise((resolve) => probe.close(resolve));
}
