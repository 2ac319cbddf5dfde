import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { importTagKey } from "../access/api-key.ts";
import { scopes } from "../access/scopes.ts";
import { parseKeyRing } from "../crypto/sealed-box.ts";
import { createKey } from "./admin/create-key.ts";
import { createOrganization } from "./admin/create-organization.ts";
import { startAuthorizingProxy } from "./conformance/authorizing-proxy.ts";
import { readBaseline, readReport, showReport } from "./conformance/report.ts";
import { projectRoot } from "./data-dir.ts";
import { runCommand } from "./main.ts";
import { PlainFailure } from "./plain-failure.ts";
import { runBatch, type Statement } from "./sql-batch.ts";
import { startStack, type Stack } from "./stack.ts";

const revisions = ["2026-07-28", "2025-11-25"] as const;
const kept = join(projectRoot, "test", "conformance");
const port = Number(process.env["PORT"] ?? 8797);

/** A key of an organization of its own, with every scope. */
async function newKey({ installation: { database, secrets } }: Stack): Promise<string> {
  const run = (statements: readonly Statement[]) => runBatch(database.pool, { role: "armalo_admin", statements });
  const ring = parseKeyRing(secrets.ENCRYPTION_KEYS);
  if (ring === undefined) throw new Error("the key ring was just made");
  const tagKey = await importTagKey(new Uint8Array(Buffer.from(secrets.API_KEY_TAG_SECRET, "base64")));
  const orgId = await createOrganization(run, ring, { name: "Conformance", plan: "enterprise", environment: "test" });
  return (await createKey(run, tagKey, { orgId, name: "conformance", scopes })).key;
}

/** One agent with one pact, so that there is something to list and to read. */
async function fill(url: string, key: string): Promise<void> {
  const post = async (path: string, body: object): Promise<{ id: string }> => {
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    const response = await fetch(new URL(path, url), { method: "POST", headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
    return response.json();
  };
  const { id: agentId } = await post("/v1/agents", { externalId: "conformance", name: "Conformance" });
  await post("/v1/pacts", {
    agentId,
    name: "Promise",
    conditions: [{ id: "fast", type: "latency_ms", operator: "lt", value: 1000, unit: "ms", severity: "major" }],
  });
}

const Requirements = z.object({ server: z.array(z.string()) });
const suite = join(projectRoot, "node_modules", "@modelcontextprotocol", "conformance");

const requiredOf = async (revision: string): Promise<readonly string[]> =>
  Requirements.parse(parse(await readFile(join(suite, "requirements", `${revision}.yaml`), "utf8"))).server;

/** Runs what the revision requires of servers, as the pinned suite has it. */
async function runSuite(url: string, revision: string, folder: string): Promise<{ code: number; said: string }> {
  const program = join(suite, "dist", "index.js");
  const baseline = join(kept, `baseline-${revision}.yml`);
  const args = [program, "server", "--url", `${url}/mcp`, "--requirements", revision, "--expected-failures", baseline, "-o", folder];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  const code = await new Promise<number | null>((resolve, reject) => child.once("error", reject).once("close", resolve));
  return { code: code ?? 1, said: Buffer.concat(chunks).toString("utf8") };
}

await runCommand(async () => {
  const folder = await mkdtemp(join(tmpdir(), "armalo-conformance-"));
  process.env["ARMALO_DATA_DIR"] = join(folder, "installation");
  const stack = await startStack(port);
  const failed: string[] = [];
  try {
    const key = await newKey(stack);
    await fill(stack.url, key);
    const proxy = await startAuthorizingProxy(stack.url, key);
    try {
      for (const revision of revisions) {
        const results = join(folder, revision);
        const { code, said } = await runSuite(proxy.url, revision, results);
        const baseline = readBaseline(await readFile(join(kept, `baseline-${revision}.yml`), "utf8"));
        const report = showReport(await readReport(results, { revision, baseline, required: await requiredOf(revision) }));
        await writeFile(join(kept, `report-${revision}.md`), report);
        console.log(code === 0 ? report : said);
        if (code !== 0) failed.push(revision);
      }
    } finally {
      proxy.close();
    }
  } finally {
    await stack.close();
    await rm(folder, { recursive: true, force: true });
  }
  if (failed.length > 0) throw new PlainFailure(`Not as the baseline says: ${failed.join(", ")}.`);
});
