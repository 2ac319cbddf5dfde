import { join } from "node:path";
import { invokeWith } from "./ask-over-rest.ts";
import type { RunAsAdmin } from "../admin/act.ts";
import type { ApiClient } from "../api-client.ts";
import { writePrivateFile } from "../private-file.ts";
import { progressLine } from "../progress-line.ts";
import { grantTo, keyOf, offerRefunds, testClerk, type Keyring } from "./grant-refunds.ts";
import { shopTokenOf } from "./keep-servers.ts";
import { promoteGrant } from "./promote-grant.ts";
import { askForRefunds } from "./refund-calls.ts";
import { signInOwner } from "./sign-in-owner.ts";
import type { Progress } from "./state.ts";

type Ground = {
  readonly url: string;
  readonly folder: string;
  readonly run: RunAsAdmin;
  readonly tagKey: CryptoKey;
  readonly api: ApiClient;
  readonly shopUrl: string;
  readonly clerkUrl: string;
  readonly say: (line: string) => void;
};

/**
 * Grants an agent the shop's refunds: first in simulation, and in production where its evidence suffices, over REST and over MCP. The support agent's
 * does not; that of the clerk, which is the same agent without its critical flaws, does, and nobody's word changes either.
 */
export async function governAgent(ground: Ground, progress: Progress): Promise<void> {
  const { url, folder, run, tagKey, api, say } = ground;
  const { orgId = "", agentId = "", seed } = progress.state;
  const owner = await signInOwner({ url, run, tagKey, orgId });
  const keyring: Keyring = { api, owner, seed };
  const offer = await offerRefunds(keyring, { url: ground.shopUrl, token: shopTokenOf(progress) });
  const asking = { api, owner, folder, say };

  say("The support agent is granted the shop's refunds, in simulation: all is decided and signed, and nothing is sent.");
  say("The policy: up to 50 EUR is allowed, above that a person is asked, above 500 EUR it is denied.\n");
  const grantId = await grantTo(keyring, agentId, offer);
  await askForRefunds(asking, invokeWith(url, await keyOf(keyring, agentId), grantId));
  await promoteGrant(keyring, grantId, say);

  say("So the same agent, mended, is tested as an agent of its own, and granted the same:\n");
  const clerkId = await testClerk(keyring, ground.clerkUrl, progressLine("eval runs    "));
  const clerkGrant = await grantTo(keyring, clerkId, offer);
  const clerkKey = await keyOf(keyring, clerkId);
  await writePrivateFile(join(folder, "clerk.json"), { url, agentId: clerkId, grantId: clerkGrant, apiKey: clerkKey });
  const asClerk = invokeWith(url, clerkKey, clerkGrant);
  say("");
  await askForRefunds(asking, asClerk);
  if (await promoteGrant(keyring, clerkGrant, say)) await askForRefunds(asking, asClerk);
  await askOverMcp(ground, asking, clerkKey);
  await progress.note({ governed: true });
}

/** The same through the official client of the Model Context Protocol, loaded only here. */
async function askOverMcp({ url, say }: Ground, asking: Parameters<typeof askForRefunds>[0], key: string): Promise<void> {
  const { connectMcp } = await import("./ask-over-mcp.ts");
  const agent = await connectMcp(url, key);
  try {
    say(`\nThe same over MCP (${agent.revision}), where the grant is the tool \`${agent.tool}\` of the agent that holds it:\n`);
    await askForRefunds(asking, agent.ask);
  } finally {
    await agent.close();
  }
  say("");
}
