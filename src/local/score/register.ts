import { createHash } from "node:crypto";
import type { z } from "zod";
import { Agent, AgentPage } from "../../features/agents/schemas.ts";
import { SuiteHead, SuitePage } from "../../features/evals/schemas.ts";
import type { ApiClient } from "../api-client.ts";
import { PlainFailure } from "../plain-failure.ts";
import type { ScoreArguments } from "./read-arguments.ts";
import type { SuiteFile } from "./read-suite-file.ts";

type AgentView = z.output<typeof Agent>;

/** The suite as the server has it: stored once, and found again by its digest. */
export async function storeSuite(api: ApiClient, { suite, digest }: SuiteFile): Promise<z.output<typeof SuiteHead>> {
  const { items } = await api.call("GET", `/v1/suites?digest=${digest}`, SuitePage);
  return items[0] ?? (await api.call("POST", "/v1/suites", SuiteHead, suite));
}

/** The agent at an endpoint, registered once; headers that are given replace those that it had. */
export async function registerAgent(api: ApiClient, { endpoint: url, protocol, headers }: ScoreArguments): Promise<AgentView> {
  const endpoint = { url, protocol, ...(Object.keys(headers).length === 0 ? {} : { headers }) };
  const externalId = `scored-${createHash("sha256").update(`${protocol} ${url}`).digest("hex").slice(0, 16)}`;
  const { items } = await api.call("GET", `/v1/agents?externalId=${externalId}`, AgentPage);
  const [known] = items;
  if (known === undefined) return await api.call("POST", "/v1/agents", Agent, { externalId, name: new URL(url).host, endpoint });
  return "headers" in endpoint ? await api.call("PATCH", `/v1/agents/${known.id}`, Agent, { endpoint }) : known;
}

/** An endpoint that is not on this machine says itself that it wants the traffic. */
export async function requireProof(api: ApiClient, agent: AgentView): Promise<void> {
  const proof = agent.endpoint?.proof;
  if (proof === undefined || proof.state === "not_needed" || proof.state === "proven") return;
  try {
    await api.call("POST", `/v1/agents/${agent.id}/prove-endpoint`, Agent, undefined);
  } catch (error) {
    if (!(error instanceof PlainFailure) || proof.challenge === null) throw error;
    throw new PlainFailure(
      `The endpoint has to say that it wants the traffic: please serve this line at ${proof.challenge.url}, and run the command again.\n\n  ${proof.challenge.token}`,
    );
  }
}
