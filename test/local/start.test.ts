import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../src/local/free-port.ts";
import { startExampleAgent } from "../../src/local/example-agent/start-example-agent.ts";

// The newcomer's way, on the real thing: each test goes on from where the one before left the folder.

const script = fileURLToPath(new URL("../../src/local/start.ts", import.meta.url).href);
const chainScript = fileURLToPath(new URL("../../src/local/run-chain.ts", import.meta.url).href);
const adminScript = fileURLToPath(new URL("../../src/local/admin.ts", import.meta.url).href);
const scoreScript = fileURLToPath(new URL("../../src/local/score-endpoint.ts", import.meta.url).href);
const verifier = fileURLToPath(new URL("../../src/verifier/node/armalo-verify.mjs", import.meta.url).href);
let folder = "";
let port = 0;
/** Where the local chain would be, when it runs. */
let chainPort = 0;
const started: Started[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "armalo-start-"));
  port = await freePort();
  chainPort = await freePort();
});
afterAll(async () => {
  for (const one of started) await one.end("SIGKILL");
  await rm(folder, { recursive: true, force: true });
});

class Started {
  said = "";
  readonly child: ChildProcessWithoutNullStreams;
  readonly over: Promise<number | null>;
  constructor(env: Record<string, string> = {}, file = script, args: readonly string[] = []) {
    this.child = spawn(process.execPath, [file, ...args], {
      env: { ...process.env, DATABASE_URL: "", ARMALO_DATA_DIR: folder, PORT: String(port), CHAIN_PORT: String(chainPort), ...env },
    });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream.on("data", (chunk: Buffer) => void (this.said += chunk.toString("utf8")));
    this.over = new Promise((resolve) => this.child.once("close", (code) => resolve(code)));
    started.push(this);
  }
  async says(text: string | RegExp): Promise<void> {
    const silent = this.over.then((code) =>
      Promise.reject(new Error(`ended with ${code} before it said “${String(text)}”:\n${this.said}`)),
    );
    await Promise.race([silent, expect.poll(() => this.said, { timeout: 230_000, interval: 50 }).toMatch(text)]);
  }
  end(signal: "SIGINT" | "SIGKILL"): Promise<number | null> {
    this.child.kill(signal);
    return this.over;
  }
}

/** What was granted, in the order of its telling: the support agent's calls, the clerk's before and after its promotion, and those over MCP. */
function expectGoverned(said: string): void {
  const [, support = "", clerk = "", promoted = "", overMcp = ""] =
    /The support agent is granted(.*)So the same agent, mended,(.*)Its evidence suffices(.*)The same over MCP \(2026-07-28\)(.*)Callers/s.exec(
      said,
    ) ?? [];
  expect(said).toMatch(/curl .*clerk\.json.*\/invoke -d '\{"arguments":/);
  expect(support).toMatch(/missing: The critical condition no-address is violated/);
  for (const simulated of [support, clerk]) {
    expect(simulated).toMatch(/20 EUR +simulated +allow by the rule small\n/);
    expect(simulated).toMatch(/5000 EUR +denied +deny by the rule too-large\n/);
    expect(simulated).toMatch(/120 EUR +simulated +require approval by the rule larger\n/);
  }
  for (const real of [promoted, overMcp]) {
    expect(real).toMatch(/20 EUR +executed +allow by the rule small, the shop booked rf_\d/);
    expect(real).toMatch(/5000 EUR +denied +deny by the rule too-large\n/);
    expect(real).toMatch(/120 EUR +pending .*approved it.*120 EUR +executed +require approval by the rule larger, the shop booked rf_\d/s);
  }
  expect(said.match(/rcp_\w+: verified offline/g)).toHaveLength(14);
  expect(said).not.toContain("NOT verified");
}

describe("npm start", { timeout: 420_000 }, () => {
  it("survives being killed in the middle of its eval runs, goes on where it was, and shows the score", async () => {
    const killed = new Started();
    await killed.says(/[2-7] of 9 runs/);
    await killed.end("SIGKILL");
    const key = /arm_test_\w+/.exec(killed.said)?.[0];

    const resumed = new Started();
    await resumed.says("npm run score");
    expect(resumed.said).not.toContain("organization");
    expect(resumed.said).not.toContain(key);
    expect(resumed.said).toContain("9 of 9 runs, 132 of 132 cases");
    expect(resumed.said).toMatch(/\d{3} of 1000/);
    for (const dimension of ["accuracy", "pactCompliance", "safety", "reliability"]) {
      const [, , N] = new RegExp(`${dimension} +([\\d.]+) +([\\d.]+)`).exec(resumed.said) ?? [];
      expect(Number(N)).toBeGreaterThan(10);
    }
    expect(resumed.said).toContain("attributed to the");
    expect(resumed.said).toContain(`ARMALO_DATA_DIR='${folder}' npm run admin -- sign-in-link --email owner@quickstart.example`);
    const link = new Started({}, adminScript, ["sign-in-link", "--email", "owner@quickstart.example"]);
    expect(await link.over, link.said).toBe(0);
    const page = await fetch(/http:\S+/.exec(link.said)?.[0] ?? "");
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("Sign in to Armalo")]);
    expect(resumed.said).toContain("try it with `npm run chain`");
    expect(resumed.said).toMatch(/A webhook came to http:\S+: score\.changed, evt_\w+\. Its signature verifies/);

    const file = join(folder, "dev.json");
    const dev = JSON.parse(await readFile(file, "utf8"));
    expect(dev).toEqual({
      url: `http://127.0.0.1:${port}`,
      orgId: expect.stringMatching(/^org_/),
      apiKey: key,
      agentId: expect.stringMatching(/^agt_/),
    });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const score = await fetch(`${dev.url}/v1/agents/${dev.agentId}/score`, { headers: { authorization: `Bearer ${dev.apiKey}` } });
    expect(await score.json()).toMatchObject({ status: "scored", totalEvals: 9, missing: [] });
    expect(resumed.said).toContain("Verified: the issuer signed and logged this.");
    expect(resumed.said.match(/ ok {3}/g)).toHaveLength(6);
    expectGoverned(resumed.said);
    expect(await resumed.end("SIGINT")).toBe(0);
  });

  it("leaves an attestation that armalo-verify checks with nothing running", async () => {
    const file = join(folder, "attestation.json");
    const verified = new Started({}, verifier, [file, "--issuer", join(folder, "root-key.json")]);
    expect(await verified.over, verified.said).toBe(0);
    await writeFile(file, (await readFile(file, "utf8")).replace('"actor": "key:', '"actor": "kez:'));
    expect(await new Started({}, verifier, [file, "--issuer", join(folder, "root-key.json")]).over).toBe(21);
  });

  it("starts again without repeating the quickstart, and has a score; where a local chain runs, it buys it", async () => {
    const chain = new Started({}, chainScript);
    await chain.says("npm run pay -- http");
    const again = new Started();
    await again.says("npm run score");
    expect(again.said).toMatch(/A caller without a key .* paid 0\.001 USDC on the local chain/);
    expect(await chain.end("SIGINT")).toBe(0);
    expect(again.said).not.toContain("Quickstart");
    expect(again.said).toMatch(/A webhook came to http:\S+: webhook\.test, evt_\w+\. Its signature verifies/);
    expect(again.said).toMatch(/\d{3} of 1000/);

    const second = new Started({ PORT: String(await freePort()) });
    expect(await second.over).toBe(1);
    expect(second.said).toContain("Armalo is already running from this folder");
    const third = new Started();
    expect(await third.over).toBe(1);
    expect(third.said).toContain(`Port ${port} is in use`);
    for (const refused of [second, third]) expect(refused.said).not.toMatch(/\n\s+at /);
    expect(await again.end("SIGINT")).toBe(0);
  });

  it("lets npm run score score an agent of one's own while it serves, and says where it does not", async () => {
    const suite = join(folder, "suite.yaml");
    await writeFile(
      suite,
      "name: Mine\ncases:\n  - { id: returns, input: How long can I return a book?, expectations: [{ kind: contains, values: [30 days] }] }\n" +
        "  - { id: delivery, input: When does my parcel arrive?, expectations: [{ kind: contains, values: [two weeks] }] }\n",
    );
    const agent = await startExampleAgent({ port: 0 });
    const wish = ["--endpoint", agent.url, "--protocol", "json", "--suite", suite, "--header", "X-Key: s3cret"];
    try {
      const without = new Started({}, scoreScript, wish);
      expect(await without.over).toBe(1);
      expect(without.said).toContain("please start it with `npm start`");
      // As an installation is that is older than webhooks: its key may have none.
      const state = join(folder, "quickstart.json");
      const { hears: _hears, webhook: _webhook, told: _told, ...older } = JSON.parse(await readFile(state, "utf8"));
      await writeFile(state, JSON.stringify(older));
      const server = new Started();
      await server.says("npm run score");
      expect(server.said).not.toContain("webhook");
      for (let time = 1; time <= 2; time += 1) {
        const scored = new Started({}, scoreScript, wish);
        expect(await scored.over, scored.said).toBe(0);
        expect(scored.said).toContain("delivery   fail, attributed to the agent   (contains: text missing)");
        expect(scored.said).toContain("What a suite of your own can prove");
        expect(scored.said).not.toContain("s3cret");
      }
      expect(await server.end("SIGINT")).toBe(0);
    } finally {
      await agent.close();
    }
  });

  it.for([
    [{ PORT: "http" }, "PORT is http, which is no port"],
    [{ DATABASE_URL: "postgresql://nobody@127.0.0.1:1/none" }, "The database of DATABASE_URL does not answer"],
  ] as const)("answers %s with one sentence", async ([env, sentence]) => {
    const refused = new Started(env);
    expect(await refused.over).toBe(1);
    expect(refused.said).toContain(sentence);
    expect(refused.said).not.toMatch(/\n\s+at /);
  });
});
