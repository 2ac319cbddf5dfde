import { existsSync, rmSync } from "node:fs";
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSigner } from "../crypto/signer.ts";
import { currentTime } from "../platform/clock.ts";
import { introduceKeys } from "./admin/introduce-keys.ts";
import { buildWorkers, gzipKib, startUpMs } from "./bench/build.ts";
import { measureCreates, measureGates, measureGrowth, measureReads } from "./bench/measure.ts";
import { measureDecisions, type Decisions } from "./bench/measure-decisions.ts";
import { measureInvocations, type Invocations } from "./bench/measure-invocations.ts";
import { measureDelays, measureIntegration, measureProofs, seedEvents } from "./bench/measure-log.ts";
import { issuerSettings, measureSessions, openIssuer, type Issuer } from "./bench/measure-people.ts";
import { measurePayments } from "./bench/measure-payments.ts";
import { measureRevocations, raceRooms } from "./bench/measure-rooms.ts";
import { measureRoomTokens, measureStatements } from "./bench/measure-signing.ts";
import { measureSignatures } from "./bench/measure-signatures.ts";
import { measureWebhooks } from "./bench/measure-webhooks.ts";
import { measureTrust } from "./bench/measure-trust.ts";
import {
  startChainDoor,
  startReceiverDoor,
  startSqlDoor,
  startWorkerd,
  stopProcesses,
  type ReceiverDoor,
  type SqlDoor,
  type Workerd,
} from "./bench/processes.ts";
import { report, reportDecisions, reportInvocations, reportPeople, type Measured } from "./bench/report.ts";
import type { PeopleAndWebhooks } from "./bench/report-webhooks.ts";
import { openSeed, type Tenant } from "./bench/seed.ts";
import { readOnly } from "./bench/parts.ts";
import { workerdConfig, type Scripts } from "./bench/workerd-config.ts";
import { paymentBindings } from "./chain/network.ts";
import { endWithUs } from "./end-with-us.ts";
import { runCommand } from "./main.ts";
import { PlainFailure } from "./plain-failure.ts";
import { startRealPostgres, whyNoRealPostgres, type RealPostgres } from "./real-postgres.ts";
import { newSecrets, newSigningKey, type Secrets } from "./secrets.ts";
import { runBatch } from "./sql-batch.ts";

const publicOrigin = "http://127.0.0.1";
const longestMs = 18 * 60_000;
/** Where Linux keeps files in memory. */
const memoryDisk = "/dev/shm";

const say = (text: string): void => console.error(text);

/** Measures the built Worker in workerd on a PostgreSQL server, all on this machine, and prints one report. */
async function bench(): Promise<void> {
  const only = readOnly();
  const reason = await whyNoRealPostgres();
  if (reason !== undefined) throw new PlainFailure(`The bench needs PostgreSQL's own server: ${reason}.`);
  say("Building the Workers …");
  const scripts = await buildWorkers();
  const folders: Folders = {
    onDisk: await newFolder(tmpdir()),
    inMemory: existsSync(memoryDisk) ? await newFolder(memoryDisk) : undefined,
    forgetting: await newFolder(tmpdir()),
  };
  const postgres = await startRealPostgres({ fsync: true });
  await endWithUs("postgres");
  try {
    if (only === "people") return console.log(reportPeople(await measurePeopleAlone(scripts, folders, postgres)));
    if (only === "decisions") return console.log(reportDecisions(await measureDecisionsAlone(scripts, folders, postgres)));
    if (only === "invoke") return console.log(reportInvocations(await measureInvocationsAlone(scripts, folders, postgres)));
    const sizes = { gzipKib: await gzipKib(scripts.api), startUpMs: await startUpMs() };
    console.log(report({ ...(await measure(scripts, folders, postgres)), ...sizes }));
  } catch (fault) {
    throw stopped ? new PlainFailure("The bench was stopped.") : fault;
  } finally {
    stopProcesses();
    await postgres.close();
  }
}

type Folders = { readonly onDisk: string; readonly inMemory: string | undefined; readonly forgetting: string };

/** A folder that is gone when this process is. */
async function newFolder(parent: string): Promise<string> {
  const folder = await mkdtemp(join(parent, "armalo-bench-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const leaves = { small: 1_000, large: 1_000_000 };

type Tenants = {
  readonly small: Tenant;
  readonly large: Tenant;
  readonly logs: { readonly small: Tenant; readonly large: Tenant };
  readonly ones: readonly Tenant[];
  readonly fifty: readonly Tenant[];
  /** Whose agents meet in rooms. */
  readonly crowd: Tenant;
  /** Whose agent's score is sold. */
  readonly seller: Tenant;
  readonly hooked: Hooked;
};

/** Who has webhooks: one has few endpoints, two have many. */
type Hooked = { readonly one: Tenant; readonly two: readonly Tenant[] };
const seedHooked = async (seed: Seed): Promise<Hooked> => ({ one: await seed(1), two: [await seed(1), await seed(1)] });

type Seed = Awaited<ReturnType<typeof openSeed>>;

async function openSeeding(
  { owner }: RealPostgres,
  secrets: Secrets,
): Promise<{ seed: Seed; several: (count: number) => Promise<Tenant[]> }> {
  const root = await openSigner(newSigningKey());
  await introduceKeys(
    (statements) => runBatch(owner.pool, { role: "armalo_admin", statements }),
    { root, issuer: publicOrigin, now: currentTime() },
    secrets,
  );
  const seed = await openSeed(owner.pool, secrets);
  const several = async (count: number): Promise<Tenant[]> => {
    const tenants: Tenant[] = [];
    while (tenants.length < count) tenants.push(await seed(100));
    return tenants;
  };
  return { seed, several };
}

async function seedTenants(postgres: RealPostgres, secrets: Secrets): Promise<Tenants> {
  const { seed, several } = await openSeeding(postgres, secrets);
  const { owner } = postgres;
  const tenants = {
    small: await seed(1_000),
    large: await seed(200_000),
    ones: await several(3),
    fifty: await several(50),
    crowd: await seed(310),
    seller: await seed(1),
    hooked: await seedHooked(seed),
    logs: { small: await seed(1), large: await seed(1) },
  };
  await seedEvents(owner.pool, tenants.logs.small, leaves.small);
  await seedEvents(owner.pool, tenants.logs.large, leaves.large);
  await owner.pool.query("vacuum analyze");
  return tenants;
}

async function measure(scripts: Scripts, folders: Folders, postgres: RealPostgres): Promise<Omit<Measured, "gzipKib" | "startUpMs">> {
  const secrets = newSecrets();
  say("Seeding organizations, keys and agents …");
  const { small, large, ones, fifty, logs, crowd, seller, hooked } = await seedTenants(postgres, secrets);
  const [door, chain, people] = [await startSqlDoor(postgres.ownerUrl), await startChainDoor(), await openPeople()];
  const settings = { ...paymentBindings(chain.rpcUrl, chain.facilitatorUrl), ...people.settings };
  const serveFrom = (folder: string, keeps = true): Promise<Workerd> => serve({ scripts, folder, door, settings, secrets, keeps });
  const workerd = await serveFrom(folders.onDisk);
  say("Measuring reads …");
  const reads = await measureReads(workerd, fifty);
  say("Measuring how latency grows with the number of agents …");
  const growths = await measureGrowth(workerd, small, large);
  say("Measuring the gate …");
  const gates = await measureGates(workerd, fifty);
  const inMemory = folders.inMemory === undefined ? undefined : await serveFrom(folders.inMemory);
  const gatesInMemory = inMemory && (await measureGates(inMemory, fifty));
  say("Measuring audited creates …");
  const creates = await measureCreates(workerd, ones, fifty);
  say("Measuring the transparency log …");
  await measureIntegration(workerd, logs.small, leaves.small);
  const eventsPerSecond = await measureIntegration(workerd, logs.large, leaves.large);
  const log = {
    eventsPerSecond,
    proofs: await measureProofs(workerd, logs.small, logs.large, leaves),
    delays: await measureDelays(workerd, ones),
  };
  say("Measuring the trust oracle …");
  const trust = await measureTrust(workerd, await serveFrom(folders.forgetting, false), ones);
  say("Measuring signatures …");
  const statements = await measureStatements(workerd);
  say("Measuring rooms …");
  const races = { onDisk: await raceRooms(workerd, crowd), inMemory: inMemory && (await raceRooms(inMemory, crowd)) };
  const rooms = { races, revocations: await measureRevocations(workerd, crowd), tokens: await measureRoomTokens(workerd) };
  say("Measuring paid calls …");
  const payments = await measurePayments(workerd, chain, seller, fifty);
  const measured = await measurePeople({ ...people, workerd, postgres }, fifty, hooked);
  const governed = await measureGoverned({ ...people, workerd, postgres }, crowd);
  return { reads, growths, gates, gatesInMemory, creates, log, trust, statements, rooms, payments, people: measured, ...governed };
}

type People = { readonly issuer: Issuer; readonly receiver: ReceiverDoor; readonly settings: Readonly<Record<string, string>> };

/** Who signs people's sessions, and who receives webhooks. */
async function openPeople(): Promise<People> {
  const issuer = await openIssuer();
  const receiver = await startReceiverDoor(issuer.jwks);
  return { issuer, receiver, settings: issuerSettings(receiver.url) };
}

type Peers = Omit<People, "settings"> & { readonly workerd: Workerd; readonly postgres: RealPostgres };

async function measurePeople(
  { workerd, postgres, issuer, receiver }: Peers,
  many: readonly Tenant[],
  { one, two }: Hooked,
): Promise<PeopleAndWebhooks> {
  say("Measuring sessions …");
  const sessions = await measureSessions(workerd, postgres, issuer, receiver.url, many);
  say("Measuring what providers send …");
  const signatures = await measureSignatures(workerd);
  say("Measuring webhooks …");
  return { sessions, signatures, webhooks: await measureWebhooks({ workerd, receiver, postgres }, one, two) };
}

async function measureGoverned(
  { workerd, postgres, issuer, receiver }: Peers,
  tenant: Tenant,
): Promise<Pick<Measured, "decisions" | "invocations">> {
  say("Measuring decisions …");
  const decisions = await measureDecisions(workerd);
  say("Measuring invocations …");
  return { decisions, invocations: await measureInvocations(workerd, postgres, { issuer, url: receiver.url }, tenant) };
}

/** The same without anything else. */
async function measurePeopleAlone(scripts: Scripts, { onDisk: folder }: Folders, postgres: RealPostgres): Promise<PeopleAndWebhooks> {
  const secrets = newSecrets();
  say("Seeding organizations and keys …");
  const { seed, several } = await openSeeding(postgres, secrets);
  const [many, hooked] = [await several(50), await seedHooked(seed)];
  const [door, people] = [await startSqlDoor(postgres.ownerUrl), await openPeople()];
  const workerd = await serve({ scripts, folder, door, settings: people.settings, secrets, keeps: true });
  return measurePeople({ ...people, workerd, postgres }, many, hooked);
}

/** Decisions ask nobody else. */
async function measureDecisionsAlone(scripts: Scripts, { onDisk: folder }: Folders, postgres: RealPostgres): Promise<readonly Decisions[]> {
  const [door, people] = [await startSqlDoor(postgres.ownerUrl), await openPeople()];
  say("Measuring decisions …");
  return measureDecisions(await serve({ scripts, folder, door, settings: people.settings, secrets: newSecrets(), keeps: true }));
}

/** The same with an organization of its own. */
async function measureInvocationsAlone(scripts: Scripts, { onDisk: folder }: Folders, postgres: RealPostgres): Promise<Invocations> {
  const secrets = newSecrets();
  const { seed } = await openSeeding(postgres, secrets);
  const tenant = await seed(1);
  const [door, people] = [await startSqlDoor(postgres.ownerUrl), await openPeople()];
  const workerd = await serve({ scripts, folder, door, settings: people.settings, secrets, keeps: true });
  say("Measuring invocations …");
  return measureInvocations(workerd, postgres, { issuer: people.issuer, url: people.receiver.url }, tenant);
}

type Serving = {
  readonly scripts: Scripts;
  readonly folder: string;
  readonly door: SqlDoor;
  /** What the Worker is told besides: how it is paid, and who signs people in. */
  readonly settings: Readonly<Record<string, string>>;
  readonly secrets: Secrets;
  /** Whether the cache keeps what it is given. */
  readonly keeps: boolean;
};

async function serve({ scripts, folder, door, settings: more, secrets, keeps }: Serving): Promise<Workerd> {
  const database = { DATABASE_URL: door.connectionString, DATABASE_ENDPOINT: door.endpoint };
  const settings = { ...secrets, ...more, PUBLIC_ORIGIN: publicOrigin, EGRESS: "local", DEPLOYMENT: "local" };
  const objectsDir = join(folder, "objects");
  await mkdir(objectsDir);
  const config = join(folder, "workerd.capnp");
  await writeFile(config, workerdConfig({ config, objectsDir, scripts, settings, database, keeps }), { mode: 0o600 });
  return startWorkerd(config);
}

process.once("exit", stopProcesses);
let stopped = false;
// The embedded server hears these signals too: it stops itself, and then this process.
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    stopped = true;
    stopProcesses();
  });
}
setTimeout(() => {
  say(`The bench took longer than ${longestMs / 60_000} minutes, and gives up.`);
  process.kill(process.pid, "SIGTERM");
}, longestMs).unref();
await runCommand(bench);
// The embedded server's own hook would make a failure a success.
process.exit();
