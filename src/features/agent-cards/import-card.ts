import { guardUnprovenHost } from "../../access/flood-guard.ts";
import { requireAgent, requireWholeOrganization } from "../../access/principal.ts";
import { jsonDigest } from "../../crypto/digest.ts";
import type { Environment } from "../../env.ts";
import { isJsonObject, isStorable, type JsonObject } from "../../expressions/json.ts";
import type { ReadContext, WriteContext } from "../../http/operation.ts";
import { problem, type FieldError, type Problem } from "../../http/problem.ts";
import { tryJson } from "../../expressions/read-json.ts";
import { checkUrl } from "../../platform/egress-url.ts";
import { egressFetch } from "../../platform/egress.ts";
import { insertAgents, insertVersions, namingTaken, planAgent, refuseEndpoint, toAgent } from "../agents/index.ts";
import { readCard, type ReadCard } from "./card.ts";
import { judgeSignatures, type SignatureVerdict } from "./card-signature.ts";
import type { AgentCardView, ImportCardInput, ImportedAgentView } from "./schemas.ts";
import { insertAgentCard, selectAgentCard, selectPinnedKeys } from "./store.ts";
import { toAgentCard } from "./view.ts";

const limits = { timeoutMs: 5_000, maxBytes: 131_072 };
/** Servers that still speak to clients of A2A 0.3 answer them with another card, which its signature is not over. */
const headers = { accept: "application/json", "a2a-version": "1.0" };

/** Registers an agent as its A2A agent card describes it. Its endpoint is proven afterwards, as any other. */
export async function importCard(context: WriteContext<"agent_card.imported">, input: ImportCardInput): Promise<ImportedAgentView> {
  const { tenant, principal, env, now } = context;
  const { cardUrl, headers: endpointHeaders, ...given } = input;
  requireWholeOrganization(principal);
  const [pinned] = await tenant.read((db) => [selectPinnedKeys(db)]);
  const served = await fetchCard(env, tenant.orgId, cardUrl);
  const verdict = requireSound(await judgeSignatures(served, pinned));
  const { endpoint, protocolVersion, ...described } = requireUsable(verdict.card, env);

  const wanted = { ...given, ...described, endpoint: { ...endpoint, headers: endpointHeaders } };
  const row = await planAgent(context, wanted);
  const key = verdict.outcome === "verified" ? (pinned.find(({ id }) => id === verdict.keyId) ?? null) : null;
  const cardRow = {
    agentId: row.id,
    url: cardUrl,
    digest: await jsonDigest(served),
    protocolVersion,
    signature: verdict.outcome,
    cardKeyId: key?.id ?? null,
    importedAt: now,
  };
  const answer = { agent: toAgent(row, env, now), card: toAgentCard(cardRow, key) };
  await namingTaken(tenant, [["body", wanted]], () =>
    tenant.write({ action: "agent_card.imported", resource: row.id, change: answer, answer }, (db) => [
      insertAgents(db, [row]),
      insertVersions(db, [row]),
      insertAgentCard(db, cardRow),
    ]),
  );
  return answer;
}

export async function getAgentCard({ tenant, principal }: ReadContext, agentId: string): Promise<AgentCardView> {
  requireAgent(principal, agentId);
  const [[found]] = await tenant.read((db) => [selectAgentCard(db, agentId)]);
  if (found === undefined) throw problem("not_found", "no such agent, or it was not registered from a card");
  return toAgentCard(found.card, found.key);
}

const refuse = (errors: readonly FieldError[], why: string): Problem => problem("state_conflict", why, { errors });
const refuseCard = (why: string): Problem => refuse([{ path: "card", message: `The card is not imported: ${why}.` }], why);

async function fetchCard(env: Environment, orgId: string, url: string): Promise<JsonObject> {
  const checked = checkUrl(url, env);
  if (!checked.ok) {
    const message = `A card cannot be fetched there: ${checked.reason}.`;
    throw problem("invalid_request", message, { errors: [{ path: "body.cardUrl", message }] });
  }
  await guardUnprovenHost(env, orgId, checked.url.host);
  const result = await egressFetch(env, { url, method: "GET", headers }, limits);
  if (!result.ok && result.reason === "dns_unreachable") throw problem("unavailable", `${result.reason}: ${result.detail}`);
  if (!result.ok) throw refuseCard(`it cannot be fetched (${result.reason})`);
  if (result.status !== 200) throw refuseCard(`its server answers with status ${result.status}`);
  const card = tryJson(result.body);
  if (!isJsonObject(card) || !isStorable(card)) throw refuseCard("it is not a JSON object that can be kept");
  return card;
}

type SoundVerdict = Exclude<SignatureVerdict, { outcome: "signature_invalid" }>;

function requireSound(verdict: SignatureVerdict): SoundVerdict {
  if (verdict.outcome === "signature_invalid") throw refuseCard(`signature_invalid (${verdict.fault})`);
  return verdict;
}

function requireUsable(card: JsonObject, env: Environment): ReadCard {
  const read = readCard(card);
  if (!read.ok) throw refuse(read.errors, "the card is not well formed");
  const refused = refuseEndpoint(read.card.endpoint, env, "card");
  if (refused !== undefined) throw refuse([refused], "endpoint refused");
  return read.card;
}
