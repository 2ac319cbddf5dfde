import type { SealedBox } from "../../crypto/sealed-box.ts";
import type { SealedHeader } from "../../db/schema/agents.ts";
import type { FieldError } from "../../http/problem.ts";
import { checkUrl, isLocalEndpoint, type EgressPolicy } from "../../platform/egress-url.ts";
import { newChallenge, originOf, type AgentRow } from "./agent.ts";
import type { EndpointInput } from "./schemas.ts";

export type EndpointFields = Pick<
  AgentRow,
  "endpointUrl" | "endpointProtocol" | "endpointHeaders" | "endpointChallenge" | "endpointProvenAt"
>;

const noEndpoint: EndpointFields = {
  endpointUrl: null,
  endpointProtocol: null,
  endpointHeaders: [],
  endpointChallenge: null,
  endpointProvenAt: null,
};

/** Why an endpoint cannot be registered, for the caller; undefined where it can. */
export function refuseEndpoint(endpoint: EndpointInput | null | undefined, policy: EgressPolicy, path: string): FieldError | undefined {
  if (endpoint === null || endpoint === undefined) return undefined;
  const checked = checkUrl(endpoint.url, policy);
  return checked.ok ? undefined : { path: `${path}.endpoint.url`, message: `An agent cannot be called there: ${checked.reason}.` };
}

const placeOf = (agentId: string, header: string) => ({ table: "agents", row: agentId, field: `endpointHeaders.${header}` });

async function sealHeaders(box: SealedBox, agentId: string, headers: Readonly<Record<string, string>>): Promise<readonly SealedHeader[]> {
  const named = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  return Promise.all(named.map(async ([name, value]) => ({ name, sealedValue: await box.seal(placeOf(agentId, name), value) })));
}

/** The headers that an endpoint wants, opened for a call. Throws where a value was altered or belongs to another agent. */
export async function openEndpointHeaders(
  box: SealedBox,
  agent: Pick<AgentRow, "id" | "endpointHeaders">,
): Promise<Record<string, string>> {
  const opened = agent.endpointHeaders.map(
    async ({ name, sealedValue }) => [name, await box.open(placeOf(agent.id, name), sealedValue)] as const,
  );
  return Object.fromEntries(await Promise.all(opened));
}

/**
 * An endpoint as it will be stored, with its headers sealed. Another origin has to prove itself anew and never inherits headers:
 * whoever may move an agent must not thereby learn its secrets.
 */
export async function placeEndpoint(
  box: SealedBox,
  agentId: string,
  endpoint: EndpointInput | null,
  policy: EgressPolicy,
  current: EndpointFields = noEndpoint,
): Promise<EndpointFields> {
  if (endpoint === null) return noEndpoint;
  const url = new URL(endpoint.url);
  url.hash = "";
  const staysAt = current.endpointUrl !== null && originOf(current.endpointUrl) === url.origin;
  const kept = staysAt ? current : noEndpoint;
  return {
    endpointUrl: url.href,
    endpointProtocol: endpoint.protocol,
    endpointHeaders: endpoint.headers === undefined ? kept.endpointHeaders : await sealHeaders(box, agentId, endpoint.headers),
    endpointChallenge: kept.endpointChallenge ?? (isLocalEndpoint(url, policy) ? null : newChallenge()),
    endpointProvenAt: kept.endpointProvenAt,
  };
}
