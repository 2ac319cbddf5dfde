import { join } from "node:path";
import { z } from "zod";
import { scopes } from "../../access/scopes.ts";
import type { KeyRing } from "../../crypto/sealed-box.ts";
import type { RunAsAdmin } from "../admin/act.ts";
import { createKey } from "../admin/create-key.ts";
import { createOrganization } from "../admin/create-organization.ts";
import { openApi, type ApiClient } from "../api-client.ts";
import { writePrivateFile } from "../private-file.ts";
import { progressLine } from "../progress-line.ts";
import { firstPact } from "./first-pact.ts";
import { runEvals } from "./run-evals.ts";
import type { Progress } from "./state.ts";

type Ground = {
  readonly url: string;
  readonly folder: string;
  readonly agentUrl: string;
  readonly run: RunAsAdmin;
  readonly ring: KeyRing;
  readonly tagKey: CryptoKey;
  readonly say: (line: string) => void;
  /** Has the organization's webhooks come to where they are shown. */
  readonly listen: (api: ApiClient) => Promise<void>;
};

const Made = z.object({ id: z.string() });

/** From nothing to an agent's evidence, step by step; a step that was done before is left out. */
export async function runQuickstart(ground: Ground, progress: Progress): Promise<void> {
  const orgId = await step(progress, "orgId", async () => {
    const id = await createOrganization(ground.run, ground.ring, { name: "Quickstart", plan: "pro", environment: "test" });
    ground.say(`  organization   ${id} on the Pro plan, for tests`);
    return id;
  });
  const apiKey = await step(progress, "apiKey", async () => {
    await progress.note({ hears: true });
    const { key } = await createKey(ground.run, ground.tagKey, { orgId, name: "Quickstart", scopes });
    ground.say(`  API key        ${key}\n                 shown this once; it is in .local/dev.json for scripts`);
    return key;
  });
  const api = openApi(ground.url, apiKey);
  const agentId = await step(progress, "agentId", () => registerAgent(ground, api, progress));
  await writePrivateFile(join(ground.folder, "dev.json"), { url: ground.url, orgId, apiKey, agentId });
  const pactId = await step(progress, "pactId", async () => {
    const pact = await api.call("POST", "/v1/pacts", Made, firstPact(agentId), `quickstart-${progress.state.seed}-pact`);
    ground.say(`  pact           ${pact.id}, what the agent promises`);
    return pact.id;
  });
  await step(progress, "activated", async () => {
    await api.call("POST", `/v1/pacts/${pactId}/activate`, z.looseObject({}), undefined, `quickstart-${progress.state.seed}-activate`);
    return true;
  });
  await ground.listen(api);
  await runEvals(api, { agentId, pactId }, progressLine("eval runs    "));
  await progress.note({ finished: true, attested: false, met: false, governed: false });
}

async function registerAgent({ agentUrl, say }: Ground, api: ApiClient, { state }: Progress): Promise<string> {
  const agent = {
    externalId: "example-support-agent",
    name: "Example support agent",
    description: "Answers questions over a small knowledge file, with real flaws.",
    provider: "armalo-example",
    version: "1.0.0",
    endpoint: { url: agentUrl, protocol: "json" },
    // So that anyone may read its page, and buy its score.
    isPublic: true,
  };
  const { id } = await api.call("POST", "/v1/agents", Made, agent, `quickstart-${state.seed}-agent`);
  say(`  agent          ${id}, at ${agentUrl}`);
  return id;
}

type Step = "orgId" | "apiKey" | "agentId" | "pactId" | "activated";

/** What a step made, now or at an earlier start. */
async function step<K extends Step>(
  progress: Progress,
  name: K,
  make: () => Promise<NonNullable<Progress["state"][K]>>,
): Promise<NonNullable<Progress["state"][K]>> {
  const known = progress.state[name];
  if (known !== undefined && known !== null) return known;
  const made = await make();
  await progress.note({ [name]: made });
  return made;
}
