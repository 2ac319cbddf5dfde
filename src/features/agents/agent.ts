import type { JsonValue } from "../../crypto/canonical-json.ts";
import { jsonDigest, type Digest } from "../../crypto/digest.ts";
import { encodeBase62 } from "../../crypto/base62.ts";
import type { agents } from "../../db/schema/agents.ts";
import type { EgressPolicy } from "../../platform/egress-url.ts";
import { challengePath, endpointProof, type EndpointProof } from "./endpoint-proof.ts";
import type { AgentView } from "./schemas.ts";

export type AgentRow = typeof agents.$inferSelect;
export type NewAgentRow = Omit<AgentRow, "orgId">;

type Defining = Pick<AgentRow, "endpointUrl" | "endpointProtocol" | "provider" | "modelFamily" | "capabilities" | "version">;

/** What makes an agent the one that was evaluated: with any of it changed, it is another version. */
export function digestVersion(agent: Defining): Promise<Digest> {
  const { endpointUrl, endpointProtocol, provider, modelFamily, capabilities, version } = agent;
  const content: JsonValue = { endpointUrl, endpointProtocol, provider, modelFamily, capabilities: capabilities.toSorted(), version };
  return jsonDigest(content);
}

/** A token that an origin serves to say that it wants our traffic: 192 random bits. */
export const newChallenge = (): string => `armalo-${encodeBase62(crypto.getRandomValues(new Uint8Array(24)), 33)}`;

export const originOf = (url: string): string => new URL(url).origin;

/** An agent as its organization sees it: the names of its endpoint's headers, and never a value. */
export function toAgent(row: NewAgentRow, policy: EgressPolicy, now: Date): AgentView {
  const { id, externalId, name, description, provider, modelFamily, version, versionNumber, versionDigest, isPublic, walletAddress } = row;
  return {
    id,
    externalId,
    name,
    description,
    provider,
    modelFamily,
    capabilities: [...row.capabilities],
    version,
    versionNumber,
    versionDigest,
    isPublic,
    walletAddress,
    endpoint: toEndpoint(row, policy, now),
    archivedAt: row.archivedAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}

function toEndpoint(row: NewAgentRow, policy: EgressPolicy, now: Date): AgentView["endpoint"] {
  const { endpointUrl: url, endpointProtocol: protocol, endpointChallenge: token } = row;
  if (url === null || protocol === null) return null;
  const proof = endpointProof(row, policy, now);
  return {
    url,
    protocol,
    headerNames: row.endpointHeaders.map(({ name }) => name),
    proof: {
      state: stateOf(proof),
      provenAt: row.endpointProvenAt?.toISOString() ?? null,
      validUntil: "validUntil" in proof ? proof.validUntil.toISOString() : null,
      challenge: token === null ? null : { url: `${originOf(url)}${challengePath}`, token },
    },
  };
}

type ProofState = NonNullable<AgentView["endpoint"]>["proof"]["state"];

const stateOf = (proof: EndpointProof): ProofState => (proof.ok ? proof.state : proof.reason === "stale" ? "stale" : "unproven");
