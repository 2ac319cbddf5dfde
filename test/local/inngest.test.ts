import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { buildWorker } from "../../src/local/build-worker.ts";
import { projectRoot } from "../../src/local/data-dir.ts";
import { freePort } from "../../src/local/free-port.ts";
import { serveWorker } from "../../src/local/serve-worker.ts";
import { newId } from "../../src/platform/ids.ts";
import { signedHeaders } from "../support/sign-as-provider.ts";
import { providerSettings } from "../support/provider-settings.ts";
import { newSecrets } from "../../src/local/secrets.ts";

// The tests' own Worker runs with Node's modules; a deployment has what wrangler.toml says.
let url: string;
let logFile: string;
let close: () => Promise<void>;

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), "armalo-inngest-"));
  const port = await freePort();
  url = `http://127.0.0.1:${port}/webhooks/inngest`;
  logFile = join(folder, "worker.log");
  const worker = await serveWorker({
    script: await buildWorker(join(projectRoot, "dist", "inngest")),
    port,
    persistDir: join(folder, "objects"),
    logFile,
    bindings: {
      ...newSecrets(),
      ...providerSettings,
      DATABASE_URL: "postgres://armalo_app:none@127.0.0.1/armalo",
      DATABASE_ENDPOINT: "http://127.0.0.1:1/sql",
      PUBLIC_ORIGIN: `http://127.0.0.1:${port}`,
      EGRESS: "local",
      DEPLOYMENT: "local",
    },
  });
  close = async () => {
    await worker.close();
    await rm(folder, { recursive: true, force: true });
  };
});
afterAll(() => close());

const callOf = (data: unknown): string => {
  const event = { id: "01JD", name: "armalo/eval.run.requested", data, ts: 0 };
  const ctx = {
    fn_id: "f",
    run_id: "r",
    step_id: "step",
    attempt: 0,
    disable_immediate_execution: false,
    use_api: false,
    stack: { stack: [], current: 0 },
  };
  return JSON.stringify({ ctx, event, events: [event], steps: {}, version: 1, use_api: false });
};

async function post(data: unknown): Promise<{ status: number; noRetry: string | null; body: unknown }> {
  const body = callOf(data);
  const headers = await signedHeaders("inngest", body);
  const answer = await fetch(`${url}?fnId=armalo-start-eval-run&stepId=step`, { method: "POST", headers, body });
  return { status: answer.status, noRetry: answer.headers.get("x-inngest-no-retry"), body: await answer.json() };
}

it("is served by the Worker as it is deployed, in cloud mode and with the runtime's own context for steps", async () => {
  const answer = await fetch(url, { headers: await signedHeaders("inngest", "") });
  expect(answer.status).toBe(200);
  expect(await answer.json()).toMatchObject({ mode: "cloud", function_count: 1, authentication_succeeded: true });
  const refused = await post({});
  expect([refused.status, refused.noRetry]).toEqual([206, "true"]);
  expect(refused.body).toMatchObject([{ op: "StepFailed", error: { name: "NonRetriableError" } }]);
  const asked = { organization: newId("organization"), agentId: newId("agent"), suiteId: newId("suite") };
  // Nothing listens where the database should be: that may pass.
  expect((await post(asked)).noRetry).toBe("false");
  expect((await fetch(url)).status).toBe(401);
  expect(await readFile(logFile, "utf8")).not.toContain("async_hooks");
});
