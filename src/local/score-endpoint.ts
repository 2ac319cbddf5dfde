import { join } from "node:path";
import { z } from "zod";
import { ScoreBody } from "../features/scores/schemas.ts";
import { openApi, type ApiClient } from "./api-client.ts";
import { dataDir } from "./data-dir.ts";
import { runCommand } from "./main.ts";
import { PlainFailure } from "./plain-failure.ts";
import { readPrivateFile } from "./private-file.ts";
import { conduct, readCases } from "./score/conduct.ts";
import { describeRun, whatAnOwnSuiteProves } from "./score/describe-run.ts";
import { readArguments } from "./score/read-arguments.ts";
import { readSuiteFile } from "./score/read-suite-file.ts";
import { registerAgent, requireProof, storeSuite } from "./score/register.ts";
import { showScore } from "./show-score.ts";

const DevFile = z.object({ url: z.url(), apiKey: z.string() });

/** The server that `npm start` runs on this machine. */
async function openServer(): Promise<ApiClient> {
  const file = join(dataDir(), "dev.json");
  const dev = DevFile.safeParse(await readPrivateFile(file));
  if (!dev.success) throw new PlainFailure(`There is no ${file}: please start the server with \`npm start\`, and leave it running.`);
  const { url, apiKey } = dev.data;
  const isUp = await fetch(new URL("/health", url)).then(
    ({ ok }) => ok,
    () => false,
  );
  if (!isUp) throw new PlainFailure(`No server answers at ${url}: please start it with \`npm start\`, and leave it running.`);
  return openApi(url, apiKey);
}

/** Scores an agent of the user's own against a suite of theirs, on the running server. */
await runCommand(async () => {
  const wish = readArguments(process.argv.slice(2));
  const file = await readSuiteFile(wish.suite);
  if (!URL.canParse(wish.endpoint)) throw new PlainFailure(`--endpoint is not a URL: ${wish.endpoint}`);
  const api = await openServer();
  const suite = await storeSuite(api, file);
  const agent = await registerAgent(api, wish);
  await requireProof(api, agent);
  console.log(`  suite      ${suite.id}, “${suite.name}”, ${suite.caseCount} cases\n  agent      ${agent.id}, at ${wish.endpoint}`);
  const run = await conduct(api, agent.id, suite.id);
  console.log(`\nThe run ${run.id}:\n\n${describeRun(run, await readCases(api, run.id))}\n`);
  const score = await api.call("GET", `/v1/agents/${agent.id}/score`, ScoreBody);
  console.log(`The score of ${agent.id}:\n\n${showScore(score)}\n\n${whatAnOwnSuiteProves}`);
});
