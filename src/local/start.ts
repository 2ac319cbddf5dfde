import { importTagKey } from "../access/api-key.ts";
import { parseKeyRing } from "../crypto/sealed-box.ts";
import { ScoreBody } from "../features/scores/schemas.ts";
import type { RunAsAdmin } from "./admin/act.ts";
import { installSuites } from "./admin/install-suites.ts";
import { openApi, type ApiClient } from "./api-client.ts";
import { findWallet } from "./chain/wallet.ts";
import { runCommand } from "./main.ts";
import { PlainFailure } from "./plain-failure.ts";
import { attestScore } from "./quickstart/attest-score.ts";
import { keepOwner, ownerEmail } from "./quickstart/keep-owner.ts";
import { listen, showDelivery } from "./quickstart/hear-webhooks.ts";
import { governAgent } from "./quickstart/govern-agent.ts";
import { keepClerk, keepExampleAgent, keepShop } from "./quickstart/keep-servers.ts";
import { meetInRoom } from "./quickstart/meet-in-room.ts";
import { payOnce } from "./quickstart/pay-once.ts";
import { runQuickstart } from "./quickstart/run-quickstart.ts";
import { openProgress, type Progress } from "./quickstart/state.ts";
import { startWebhookReceiver } from "./quickstart/webhook-receiver.ts";
import { showScore } from "./show-score.ts";
import { runBatch, type Statement } from "./sql-batch.ts";
import { startStack, type Stack } from "./stack.ts";
import { platformSuites } from "./suites/platform-suites.ts";
import { whenToldToStop } from "./until-stopped.ts";

const say = (line: string): void => console.log(line);

/** The way to the first score, or to the one that is there; then what to try. */
async function walk(stack: Stack): Promise<void> {
  const { url, installation } = stack;
  const { folder, secrets, database } = installation;
  const run = (statements: readonly Statement[]) => runBatch(database.pool, { role: "armalo_admin", statements });
  await installSuites(run, platformSuites);
  const progress = await openProgress(folder);
  const agent = await keepExampleAgent(progress);
  stack.alsoClose(agent.close);
  const receiver = await startWebhookReceiver();
  stack.alsoClose(receiver.close);
  const listenTo = async (api: ApiClient): Promise<void> => {
    if (progress.state.hears === true) await listen(api, receiver, progress);
  };
  await stack.resumeRuns();
  const { finished } = progress.state;
  const tagKey = await importTagKey(new Uint8Array(Buffer.from(secrets.API_KEY_TAG_SECRET, "base64")));
  if (!finished) {
    const ring = parseKeyRing(secrets.ENCRYPTION_KEYS);
    if (ring === undefined)
      throw new PlainFailure(`ENCRYPTION_KEYS in ${folder}/secrets.json is not a list of \`kid:base64\`, each of 32 bytes.`);
    say("Quickstart:");
    await runQuickstart({ url, folder, agentUrl: agent.url, run, ring, tagKey, say, listen: listenTo }, progress);
  }
  await keepOwner(run, progress);
  const { apiKey = "", agentId = "" } = progress.state;
  const api = openApi(url, apiKey);
  if (finished) await listenTo(api);
  const score = await api.call("GET", `/v1/agents/${agentId}/score`, ScoreBody);
  say(`\nThe score of ${agentId}:\n\n${showScore(score)}\n`);
  await showDelivery({ api, say }, receiver, progress);
  if (progress.state.attested === false) await attestScore({ folder, run, api, say }, progress);
  if (progress.state.met === false) await meetInRoom({ url, folder, api, apiKey, say }, progress);
  await govern({ stack, run, tagKey, api }, progress);
  await payOnce({ url, agentId, say }, await findWallet(folder));
  say(whatToTry(url, folder, progress.state));
}

type Governing = { readonly stack: Stack; readonly run: RunAsAdmin; readonly tagKey: CryptoKey; readonly api: ApiClient };

/** The shop and the clerk stay, so that a grant that was made can be used. An installation that is older than grants has neither. */
async function govern({ stack, ...means }: Governing, progress: Progress): Promise<void> {
  const { governed } = progress.state;
  if (governed === undefined) return;
  const [shop, clerk] = [await keepShop(progress), await keepClerk(progress)];
  stack.alsoClose(shop.close);
  stack.alsoClose(clerk.close);
  const { url, installation } = stack;
  if (!governed) await governAgent({ ...means, url, folder: installation.folder, shopUrl: shop.url, clerkUrl: clerk.url, say }, progress);
}

/** The clerk's grant is in production, so the shop really books what its policy allows. */
const useOfGrant = (url: string, folder: string): string => `
  curl -H "Authorization: Bearer $(node -p 'require("${folder}/clerk.json").apiKey')" -H "Content-Type: application/json" ${url}/v1/grants/$(node -p 'require("${folder}/clerk.json").grantId')/invoke -d '{"arguments":{"orderId":"1004","amount":30,"reason":"torn"}}'
                                                           a refund by the clerk; with 130 EUR it waits for your approval
`;

/** A command for another terminal: it finds this installation only where it is told of the same folder. */
const commandHere = (command: string): string => {
  const folder = process.env["ARMALO_DATA_DIR"];
  return folder === undefined ? command : `ARMALO_DATA_DIR='${folder.replaceAll("'", `'\\''`)}' ${command}`;
};

const whatToTry = (
  url: string,
  folder: string,
  { agentId = "", governed }: Progress["state"],
): string => `Armalo serves at ${url} until Ctrl-C. To try:

  ${url}/docs      the API, explained
  ${url}/ready     whether everything that is needed is there

  curl -H "Authorization: Bearer $(node -p 'require("${folder}/dev.json").apiKey')" ${url}/v1/agents/${agentId}/score
${governed === true ? useOfGrant(url, folder) : ""}
  ${commandHere(`npm run admin -- sign-in-link --email ${ownerEmail}`)}     a link that signs you in as its owner

  ${commandHere("npm run score -- --endpoint http://127.0.0.1:PORT/ --protocol json --suite FILE")}     an agent of your own`;

function readPort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new PlainFailure(`PORT is ${text}, which is no port: it is a number from 1 to 65535.`);
  return port;
}

await runCommand(async () => {
  const port = readPort(process.env["PORT"] ?? "8787");
  say("Starting the database and the Worker …");
  const stack = await startStack(port);
  const ending = whenToldToStop();
  try {
    await Promise.race([walk(stack), ending]);
    await ending;
  } finally {
    say("\nStopping …");
    await stack.close();
  }
});
// What Ctrl-C left in the middle of its work is not waited for: it goes on at the next start.
process.exit();
