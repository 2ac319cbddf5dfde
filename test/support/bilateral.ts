import type { Answer, TestOrganization } from "./organization.ts";

// What two organizations do with one pact, through the door.

const condition = { id: "fast", type: "latency_ms", operator: "lt", value: 1000, unit: "ms", severity: "major" };

async function made(answer: Promise<Answer>): Promise<Answer["body"]> {
  const { status, text, body } = await answer;
  if (status >= 300) throw new Error(text);
  return body;
}

export type ActivePact = { readonly id: string; readonly digest: string; readonly agentId: string };

export async function newActivePact(org: TestOrganization): Promise<ActivePact> {
  const agent = await made(org.call("POST", "/v1/agents", { externalId: crypto.randomUUID(), name: "Support" }));
  const pact = await made(org.call("POST", "/v1/pacts", { agentId: agent.id, name: "Promise", conditions: [condition] }));
  return made(org.call("POST", `/v1/pacts/${pact.id}/activate`));
}

/** An offer, as it is answered once: with its link. */
export const offered = (org: TestOrganization, pact: ActivePact, body: object = {}): Promise<Answer["body"]> =>
  made(org.call("POST", `/v1/pacts/${pact.id}/offers`, body));

export const tokenOf = ({ url }: { readonly url: string }): string => url.split("/").at(-1) ?? "";

export const cosign = (org: TestOrganization, token: string, digest: string): Promise<Answer> =>
  org.call("POST", `/v1/offered-pacts/${token}/cosign`, { digest });

/** A pact that one organization has offered and the other has co-signed: the ids of the offer and of the co-signature. */
export async function cosigned(promisor: TestOrganization, signer: TestOrganization): Promise<[offerId: string, cosignatureId: string]> {
  const pact = await newActivePact(promisor);
  const offer = await offered(promisor, pact);
  return [offer.id, (await made(cosign(signer, tokenOf(offer), pact.digest))).id];
}
