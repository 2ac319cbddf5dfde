import { env } from "cloudflare:workers";
import { newId } from "../../src/platform/ids.ts";
import { askApproval } from "./approvals.ts";
import { offerPanel, setClaimPolicy } from "./harness.ts";
import { agentCaller, capabilityBody, grantOn, newGround, policyTerms } from "./grants.ts";
import { createOrganization, type TestOrganization } from "./organization.ts";
import { cosigned, newActivePact, offered, tokenOf } from "./bilateral.ts";
import { openPolicy } from "./open-policy.ts";
import { signInAs } from "./people.ts";
import { registerKey, selfRunOf } from "./proofs.ts";
import { newRoom } from "./rooms.ts";

const condition = { id: "fast", type: "latency_ms", operator: "lt", value: 1000, unit: "ms", severity: "major" };
const agent = { externalId: "support", name: "Support" };
const suite = { name: "Greeting", cases: [{ id: "hello", input: "Say hello.", expectations: [{ kind: "contains", values: ["hello"] }] }] };

const panel = {
  name: "Judges",
  judges: ["a", "b", "c"].map((name) => ({ name, baseUrl: `${env.AGENTS_URL}/judges/operations/${name}`, model: "pass" })),
};
const labelled = (answer: string, label: "pass" | "fail") => ({ rubric: "It says yes.", answer, label });

/** A valid body for every operation that takes one, so that only its identifiers decide. */
export const requestBodies: Readonly<Record<string, unknown>> = {
  "agents.create": agent,
  "agents.create_batch": { agents: [{ ...agent, externalId: "batch" }] },
  "agents.update": { name: "Renamed" },
  "pacts.create": { agentId: newId("agent"), name: "Promise", conditions: [condition] },
  "pacts.update": { name: "Other promise" },
  "pacts.create_version": {},
  "pacts.verify": { input: "hello", output: "hello", latencyMs: 5 },
  "pacts.validate_call": { tool: "search", arguments: {} },
  "pact_offers.create": {},
  "offered_pacts.cosign": { digest: `sha256:${"ab".repeat(32)}` },
  "cosignatures.withdraw": { reason: "mistaken" },
  "suites.create": suite,
  "runs.start": { suiteId: newId("suite"), mode: "simulation" },
  "judge_panels.create": panel,
  "judge_panels.update": { name: "Other judges" },
  "judge_panels.calibrate": { examples: [labelled("yes", "pass"), labelled("no", "fail")] },
  "judge_panels.ask": { rubric: "It says yes.", question: "Yes?", answer: "yes" },
  "billing.create_checkout": { plan: "pro" },
  "swarms.create": { name: "Swarm" },
  "swarms.rotate_secret": { mode: "hard" },
  "rooms.create": { name: "Room", topics: [{ name: "orders.paid", schema: { type: "object" } }] },
  "rooms.update": { name: "Other room" },
  "room_tokens.mint": { agentId: newId("agent"), caps: ["presence"] },
  "room_revocations.create": { tokenId: newId("roomToken") },
  "members.invite": { email: "invited@example.com", role: "viewer" },
  "members.change_role": { role: "operator" },
  "claim_policy.set": openPolicy,
  "keys.create": { name: "key", scopes: ["keys:read"] },
  "keys.rotate": { overlapSeconds: 60 },
  "access_tokens.issue": {},
  "agent_keys.register": { x: "A".repeat(43), proof: "a.b.c" },
  "agent_cards.import": { externalId: "carded", cardUrl: `${env.A2A_URL}/unsigned.json` },
  "card_keys.pin": { kid: "card-1", label: "Echo", jwk: { kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" } },
  "attestations.issue": { about: { kind: "score" } },
  "attestations.revoke": { reason: "mistaken" },
  "attestations.share": { lifetimeSeconds: 3600 },
  "ratings.create": { statement: "a.b.c", value: 1 },
  "grants.review": { invocationIds: [newId("invocation")], verdict: "accepted" },
  "receipts.import": { agentId: newId("agent"), artifact: "a.b.c" },
  "approvals.approve": { previewDigest: `sha256:${"ab".repeat(32)}` },
  "approvals.deny": { previewDigest: `sha256:${"ab".repeat(32)}` },
  "approvals.approve_on_page": `previewDigest=sha256%3A${"ab".repeat(32)}`,
  "approvals.deny_on_page": `previewDigest=sha256%3A${"ab".repeat(32)}`,
  "grants.invoke": { arguments: { orderId: "o-1", amount: 5 } },
  "tools.invoke": { arguments: { orderId: "o-1", amount: 5 } },
  "invocations.settle": { effect: "confirmed" },
  "webhook_endpoints.create": { url: `${env.RECEIVER_URL}/hook/rows`, eventTypes: [] },
  "webhook_endpoints.update": { description: "Other receiver" },
  "webhook_endpoints.recover": { since: "2026-01-01T00:00:00Z" },
  "capabilities.create": capabilityBody(),
  "capabilities.discover_tools": { capabilityId: newId("capability") },
  "capabilities.create_version": { definition: capabilityBody().definition },
  "capabilities.set_credential": { value: null },
  "policies.create": { capabilityId: newId("capability"), name: "Rules", terms: policyTerms() },
  "policies.create_version": { terms: policyTerms() },
  "policies.activate": { version: 1 },
  "policies.simulate": { version: 1 },
  "grants.create": { agentId: newId("agent"), capabilityId: newId("capability"), policyId: newId("policy") },
  "grants.update": { ratePerMinute: 10 },
  "telemetry.record": { events: [{ type: "session_start", id: "e-1", sessionId: "s-1", at: new Date().toISOString() }] },
  "exceptions.assign": { memberId: newId("member") },
  "exceptions.resolve": { note: "Mended." },
  "logs.cosign": { size: 1, verifierKey: "witness.example+00000000+BA==", signature: "— witness.example AAAA" },
};

/** Identifiers of the right form that no organization has. */
export const unknownIds: Readonly<Record<string, string>> = {
  agentId: newId("agent"),
  pactId: newId("pact"),
  offerId: newId("pactOffer"),
  token: "0".repeat(43),
  cosignatureId: newId("cosignature"),
  suiteId: newId("suite"),
  runId: newId("run"),
  panelId: newId("judgePanel"),
  calibrationId: newId("calibration"),
  swarmId: newId("swarm"),
  roomId: `room_${"0".repeat(33)}`,
  revocationId: newId("roomRevocation"),
  keyId: newId("key"),
  memberId: newId("member"),
  requestId: newId("request"),
  auditEventId: newId("auditEvent"),
  attestationId: newId("attestation"),
  receiptId: newId("receipt"),
  cardKeyId: newId("cardKey"),
  kid: "A".repeat(43),
  capabilityId: newId("capability"),
  policyId: newId("policy"),
  grantId: newId("grant"),
  toolName: "no_such_tool",
  invocationId: newId("invocation"),
  endpointId: newId("webhookEndpoint"),
  eventId: newId("webhookEvent"),
  approvalId: newId("approval"),
  exceptionId: `exc_f0${"0".repeat(22)}`,
};

/** One of each thing that an operation can be asked about, made through the API by its owner. */
export async function resourcesOf(org: TestOrganization): Promise<Readonly<Record<string, string>>> {
  const make = async (path: string, body: unknown): Promise<string> => {
    const made = await org.call("POST", path, body);
    if (made.status >= 300) throw new Error(`${path}: ${made.text}`);
    return made.body.id;
  };
  const endpoint = { url: `${env.AGENTS_URL}/slow/${crypto.randomUUID()}`, protocol: "json" };
  const card = { externalId: agent.externalId, cardUrl: `${env.A2A_URL}/unsigned.json` };
  const registered = await org.call("POST", "/v1/agents/import-card", card);
  const agentId: string = registered.body.agent.id;
  await org.call("PATCH", `/v1/agents/${agentId}`, { endpoint });
  const cardKeyId = await make("/v1/card-keys", requestBodies["card_keys.pin"]);
  const pactId = await make("/v1/pacts", { agentId, name: "Promise", conditions: [condition] });
  const suiteId = await make("/v1/suites", suite);
  const runId = await make(`/v1/agents/${agentId}/runs`, { suiteId, mode: "simulation" });
  const panelId = await make("/v1/judge-panels", panel);
  const calibrationId = await make(`/v1/judge-panels/${panelId}/calibrations`, requestBodies["judge_panels.calibrate"]);
  const { swarmId, roomId } = await newRoom(org);
  const revocationId = await make(`/v1/rooms/${roomId}/revocations`, requestBodies["room_revocations.create"]);
  const keyId = await make("/v1/keys", requestBodies["keys.create"]);
  const { memberId } = await signInAs(org, "viewer");
  const failed = await org.call("POST", "/v1/keys", {});
  for (let tries = 0; tries < 50; tries += 1) if ((await org.call("GET", `/v1/requests/${failed.requestId}`)).status === 200) break;
  const auditEventId: string = (await org.call("GET", "/v1/audit-events?limit=1")).body.items[0].id;
  await setClaimPolicy(org.orgId, openPolicy);
  const attestationId = await make(`/v1/agents/${agentId}/attestations`, requestBodies["attestations.issue"]);
  const signer = await registerKey(org, agentId);
  const imported = await org.call("POST", "/v1/receipts/import", { agentId, artifact: await selfRunOf(org, agentId, signer) });
  const receiptId: string = imported.body.receipt.id;
  const partner = await createOrganization();
  const [offerId] = await cosigned(org, partner);
  const [, cosignatureId] = await cosigned(partner, org);
  const token = tokenOf(await offered(org, await newActivePact(org), { counterparty: partner.orgId }));
  const shared = { offerId, token, cosignatureId };
  const endpointId = await make("/v1/webhook-endpoints", requestBodies["webhook_endpoints.create"]);
  const eventId: string = (await org.call("POST", `/v1/webhook-endpoints/${endpointId}/test`)).body.eventId;
  const ground = await newGround(org);
  const { id: grantId, toolName }: { id: string; toolName: string } = (await grantOn(ground)).body;
  const { id: approvalId } = await askApproval(org, { ...ground, id: grantId });
  const exceptionId: string = (await org.call("GET", "/v1/exceptions?kind=approval_waiting")).body.items[0].id;
  const asAgent = await agentCaller(ground, ground.agentId, ["grants:invoke"]);
  const { invocationId } = (await asAgent("POST", `/v1/grants/${grantId}/invoke`, requestBodies["grants.invoke"])).body;
  const proofs = { attestationId, receiptId, kid: signer.kid };
  return {
    agentId,
    cardKeyId,
    pactId,
    suiteId,
    runId,
    panelId,
    calibrationId,
    ...{ swarmId, roomId, revocationId },
    keyId,
    memberId,
    requestId: failed.requestId,
    auditEventId,
    ...shared,
    ...proofs,
    ...{ endpointId, eventId },
    ...{ approvalId, exceptionId },
    ...{ capabilityId: ground.capabilityId, policyId: ground.policyId, grantId, invocationId },
    approvalId,
    ...{ capabilityId: ground.capabilityId, policyId: ground.policyId, grantId, toolName, invocationId },
  };
}

/** Of what a payable operation can be asked about, one that anybody may pay for. */
export async function saleableOf(org: TestOrganization): Promise<Readonly<Record<string, string>>> {
  const make = async (path: string, body?: unknown): Promise<string> => (await org.call("POST", path, body)).body.id;
  const agentId = await make("/v1/agents", { ...agent, isPublic: true });
  const pactId = await make("/v1/pacts", { agentId, name: "Promise", conditions: [condition] });
  await make(`/v1/pacts/${pactId}/activate`);
  const panelId = await make("/v1/judge-panels", panel);
  await offerPanel(panelId);
  return { agentId, pactId, panelId };
}
