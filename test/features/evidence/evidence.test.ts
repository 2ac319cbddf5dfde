import { env, exports } from "cloudflare:workers";
import { unzipSync, zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { openSystemDb } from "../../../src/access/system-principal.ts";
import { parseEnvironment } from "../../../src/env.ts";
import { streamEvidence } from "../../../src/features/evidence/stream-evidence.ts";
import { checkDocument } from "../../../src/verifier/check-document.ts";
import { readDocument } from "../../../src/verifier/read-document.ts";
import { exitCodeOf } from "../../../src/verifier/verdicts.ts";
import { ownerSees, setClaimPolicy } from "../../support/harness.ts";
import { createOrganization, type TestOrganization } from "../../support/organization.ts";
import { tamper } from "../../audit/support.ts";
import { cosigned } from "../../support/bilateral.ts";
import { openPolicy } from "../../support/open-policy.ts";
import { registerKey, selfRunOf } from "../../support/proofs.ts";
import { activePact, newAgent, payee } from "../pacts/pact-world.ts";

const pins = { fingerprints: [env.ROOT_FINGERPRINT], witnesses: [], now: new Date(Date.now() + 60_000), maxListAgeSeconds: 86_400 };
const beside = { keyHistory: null, checkpoint: null, leaves: null, accepted: [] };

async function download(org: TestOrganization): Promise<Response> {
  return exports.default.fetch(
    new Request("https://api.armalo.test/v1/audit-events/evidence", {
      headers: { authorization: `Bearer ${org.apiKey}`, "cf-connecting-ip": org.address },
    }),
  );
}

const bytesOf = async (response: Response): Promise<Uint8Array<ArrayBuffer>> => new Uint8Array(await response.arrayBuffer());

async function judge(zip: Uint8Array<ArrayBuffer>): Promise<{ exit: number; lines: string[] }> {
  const document = readDocument(zip);
  if (document === undefined) return { exit: 3, lines: [] };
  const { findings } = await checkDocument(document, beside, pins);
  return { exit: exitCodeOf(findings, []), lines: findings.map(({ check, verdict, detail }) => `${check} ${verdict} ${detail}`) };
}

/** An organization with two receipts, an attestation and a revoked one. */
async function organizationWithHistory(): Promise<TestOrganization> {
  const org = await createOrganization();
  await setClaimPolicy(org.orgId, openPolicy);
  const agentId = await newAgent(org);
  const signer = await registerKey(org, agentId);
  for (const ranAt of [Date.now() - 2000, Date.now() - 1000]) {
    const artifact = await selfRunOf(org, agentId, signer, { ranAt: new Date(ranAt).toISOString() });
    await org.call("POST", "/v1/receipts/import", { agentId, artifact });
  }
  const attest = async (): Promise<string> =>
    (await org.call("POST", `/v1/agents/${agentId}/attestations`, { about: { kind: "score" } })).body.id;
  await attest();
  await org.call("POST", `/v1/attestations/${await attest()}/revoke`, { reason: "mistaken" });
  return org;
}

describe("an evidence bundle", () => {
  it("is refused as stopped, and not as out of reach, where the log found that an event was changed", async () => {
    const org = await createOrganization();
    await org.call("GET", "/v1/log");
    await tamper(org, "update audit_events set actor = 'key:somebody_else' where org_id = :org and seq = 1");
    await newAgent(org);
    const refused = await download(org);
    expect([refused.status, (await refused.json<{ code: string }>()).code]).toEqual([409, "log_stopped"]);
  });

  it("holds for a stranger in every respect, whole and in order", async () => {
    const org = await organizationWithHistory();
    const response = await download(org);
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/zip"]);
    const zip = await bytesOf(response);
    expect(Object.keys(unzipSync(zip)).map((name) => name.replace(/\/.+/, "/…"))).toEqual([
      "VERIFY.md",
      "checkpoint.txt",
      ...Array.from({ length: 5 }, () => "keys/…"),
      "status-list.jws",
      "events.jsonl",
      "leaf-hashes.txt",
      "receipts/…",
      "receipts/…",
      "attestations/…",
      "attestations/…",
    ]);
    const { exit, lines } = await judge(zip);
    expect(lines.join("\n")).toMatch(/events complete all \d+ events/);
    expect(lines.join("\n")).toContain("4 of 4 statements are signed and logged");
    expect(lines.join("\n")).toContain("revocation archived 1 active, 1 revoked");
    expect(lines.join("\n")).toMatch(/receipts unbroken agt_\w+: no\. 1 to 2/);
    expect(exit).toBe(0);
    expect(await ownerSees("select kind from security_events where org_id = $1 and kind = 'audit_exported'", org.orgId)).toHaveLength(1);
  });

  it("shows what the database's owner changed or removed behind the checkpoint", async () => {
    const org = await organizationWithHistory();
    await download(org).then(bytesOf);
    await tamper(org, "update audit_events set actor = 'key:key_other' where org_id = :org and seq = 3");
    const { exit, lines } = await judge(await download(org).then(bytesOf));
    expect(lines.join("\n")).toContain("events changed event 3");
    expect(exit).toBe(40);
    await tamper(org, "delete from audit_events where org_id = :org and seq = 4");
    const gap = await judge(await download(org).then(bytesOf));
    expect(gap.lines.join("\n")).toContain("events missing event 4");
  });

  it("holds what the organization has co-signed, and how that stands now", async () => {
    const [promisor, org] = await Promise.all([createOrganization(), createOrganization()]);
    await cosigned(promisor, org);
    const [, withdrawn] = await cosigned(promisor, org);
    await org.call("POST", `/v1/pact-cosignatures/${withdrawn}/withdraw`, { reason: "mistaken" });
    const zip = await download(org).then(bytesOf);
    expect(Object.keys(unzipSync(zip)).filter((name) => name.startsWith("cosignatures/"))).toHaveLength(2);
    const { exit, lines } = await judge(zip);
    expect(lines.join("\n")).toContain("2 of 2 statements are signed and logged");
    expect(lines.join("\n")).toContain("revocation archived 1 active, 1 revoked");
    expect(exit).toBe(0);
  });

  it("is for credentials of the whole organization", async () => {
    const org = await createOrganization();
    const agentId = await newAgent(org);
    const bound = await org.call("POST", "/v1/keys", { name: "agent", scopes: ["audit:read"], agentId });
    expect((await download({ ...org, apiKey: bound.body.key })).status).toBe(403);
  });

  it("is told where the last receipt that a pact gave was taken out, or every one", async () => {
    const org = await createOrganization();
    const pact = await activePact(org, [payee]);
    for (const to of ["alice", "bob"]) await org.call("POST", `/v1/pacts/${pact.id}/validate-call`, { tool: "pay", arguments: { to } });
    const files = unzipSync(await download(org).then(bytesOf));
    const receipts = Object.keys(files).filter((name) => name.startsWith("receipts/"));
    const without = (left: readonly string[]) =>
      judge(Uint8Array.from(zipSync(Object.fromEntries(Object.entries(files).filter(([name]) => !left.includes(name))))));
    expect(receipts).toHaveLength(2);
    expect(await without([])).toMatchObject({ exit: 0 });
    for (const left of [receipts.slice(1), receipts]) expect(await without(left)).toMatchObject({ exit: 41 });
  });

  it("is refused before its first byte, and not recorded, where it could not hold everything", async () => {
    const { orgId, ...org } = await organizationWithHistory();
    const parsed = parseEnvironment(env);
    if (!parsed.ok) return expect.fail("no environment");
    const events = (await ownerSees("select seq from audit_events where org_id = $1", orgId)).length;
    const grant = { scopes: [], cidrs: [], agentId: null, diesAt: null };
    const context = {
      tenant: openSystemDb(parsed.env, orgId, "system:test"),
      principal: { ...grant, kind: "key", keyId: org.keyId, actor: `key:${org.keyId}` } as const,
      env: parsed.env,
      now: new Date(),
    };
    const exports = () => ownerSees("select kind from security_events where org_id = $1 and kind = 'audit_exported'", orgId);
    await expect(streamEvidence(context, { statements: 3, events })).rejects.toMatchObject({ code: "state_conflict" });
    await expect(streamEvidence(context, { statements: 4, events: events - 1 })).rejects.toMatchObject({ code: "state_conflict" });
    expect(await exports()).toHaveLength(0);
    const { content } = await streamEvidence(context, { statements: 4, events });
    expect(await judge(await bytesOf(new Response(content)))).toMatchObject({ exit: 0 });
    expect(await exports()).toHaveLength(1);
  });
});
