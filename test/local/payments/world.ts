import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { importTagKey } from "../../../src/access/api-key.ts";
import { scopes } from "../../../src/access/scopes.ts";
import { openSigner } from "../../../src/crypto/signer.ts";
import { parseKeyRing } from "../../../src/crypto/sealed-box.ts";
import type { RunAsAdmin } from "../../../src/local/admin/act.ts";
import { createKey } from "../../../src/local/admin/create-key.ts";
import { createOrganization } from "../../../src/local/admin/create-organization.ts";
import { introduceKeys } from "../../../src/local/admin/introduce-keys.ts";
import { openApi, type ApiClient } from "../../../src/local/api-client.ts";
import { buildWorker } from "../../../src/local/build-worker.ts";
import { startChain, type Chain } from "../../../src/local/chain/chain.ts";
import { startFacilitator, type Facilitator } from "../../../src/local/chain/facilitator.ts";
import { paymentBindings } from "../../../src/local/chain/network.ts";
import { projectRoot } from "../../../src/local/data-dir.ts";
import { freePort } from "../../../src/local/free-port.ts";
import { newSecrets, newSigningKey } from "../../../src/local/secrets.ts";
import { serveWorker } from "../../../src/local/serve-worker.ts";
import { runBatch } from "../../../src/local/sql-batch.ts";
import { startSqlServer } from "../../../src/local/sql-server.ts";
import { openTestDatabase } from "../../support/harness-database.node.ts";

/** The built Worker, a real chain, a real facilitator, and an organization whose public agents have something for sale. */
export type PaidWorld = {
  readonly url: string;
  readonly chain: Chain;
  readonly facilitator: Facilitator;
  /** As the organization that sells. */
  readonly api: ApiClient;
  readonly apiKey: string;
  /** As the installation's administrator. */
  readonly run: RunAsAdmin;
  /** Ends the Worker at once, whatever it is doing, and starts it again with what it had on disk. */
  readonly restart: () => Promise<void>;
  readonly close: () => Promise<void>;
};

/** How long the facilitator waits for a receipt. */
const receiptWithinMs = 800;

export async function openPaidWorld(): Promise<PaidWorld> {
  const opened: (() => unknown)[] = [];
  const close = async (): Promise<void> => {
    for (const end of opened.toReversed()) await end();
  };
  try {
    return { ...(await open(opened)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function open(opened: (() => unknown)[]): Promise<Omit<PaidWorld, "close">> {
  const folder = await mkdtemp(join(tmpdir(), "armalo-paid-"));
  opened.push(() => rm(folder, { recursive: true, force: true }));
  // A build of its own, beside the one that `npm start` would replace; workerd takes no module from outside the project.
  const builtIn = join(projectRoot, "dist", `paid-worker-${process.pid}`);
  opened.push(() => rm(builtIn, { recursive: true, force: true }));
  const [script, chain, database] = await Promise.all([buildWorker(builtIn), startChain(), openTestDatabase()]);
  opened.push(chain.close, database.close);
  const facilitator = await startFacilitator(chain, { port: 0, receiptWithinMs });
  opened.push(facilitator.close);
  const passwords = { armalo_app: randomBytes(24).toString("base64url") };
  const sql = await startSqlServer({ pool: database.pool, passwords });
  opened.push(sql.close);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const secrets = newSecrets();
  const run: RunAsAdmin = (statements) => runBatch(database.pool, { role: "armalo_admin", statements });
  await introduceKeys(run, { root: await openSigner(newSigningKey()), issuer: url, now: new Date() }, secrets);
  const logFile = join(folder, "worker.log");
  const bindings = {
    ...secrets,
    DATABASE_URL: sql.connectionString("armalo_app"),
    DATABASE_ENDPOINT: sql.endpoint,
    PUBLIC_ORIGIN: url,
    EGRESS: "local",
    DEPLOYMENT: "local",
    ...paymentBindings(chain.rpcUrl, facilitator.url),
  };
  const serve = () => serveWorker({ script, port, bindings, persistDir: join(folder, "objects"), logFile });
  let worker = await serve();
  opened.push(() => worker.close());
  const restart = async (): Promise<void> => {
    await worker.close();
    worker = await serve();
  };
  const apiKey = await newKey(run, secrets);
  return { url, chain, facilitator, apiKey, api: openApi(url, apiKey), run, restart };
}

async function newKey(run: RunAsAdmin, secrets: ReturnType<typeof newSecrets>): Promise<string> {
  const ring = parseKeyRing(secrets.ENCRYPTION_KEYS);
  if (ring === undefined) throw new Error("the world made a bad key ring");
  const orgId = await createOrganization(run, ring, { name: "Seller", plan: "enterprise", environment: "test" });
  const tagKey = await importTagKey(new Uint8Array(Buffer.from(secrets.API_KEY_TAG_SECRET, "base64")));
  return (await createKey(run, tagKey, { orgId, name: "first", scopes })).key;
}
