import { openSigner, type Signer } from "../../src/crypto/signer.ts";
import type { JsonValue } from "../../src/crypto/canonical-json.ts";
import { jwsTypes, signJson } from "../../src/crypto/statement/jws.ts";
import { newPrivateJwk } from "../crypto/statement/signing.ts";
import type { TestOrganization } from "./organization.ts";

/** What an agent sends to register a key: the key, and the proof that it has the private half. */
export async function keyRegistration(
  orgId: string,
  agentId: string,
  signer: Signer,
  said: object = {},
): Promise<{ x: string; proof: string }> {
  const payload = { agentId, organization: orgId, at: new Date().toISOString(), ...said };
  return { x: signer.x, proof: await signJson(signer, jwsTypes.agentKey, payload) };
}

/** An agent's new key, registered. */
export async function registerKey(org: TestOrganization, agentId: string): Promise<Signer> {
  const signer = await openSigner(await newPrivateJwk());
  const made = await org.call("POST", `/v1/agents/${agentId}/signing-keys`, await keyRegistration(org.orgId, agentId, signer));
  if (made.status !== 201) throw new Error(made.text);
  return signer;
}

/** The artifact of an eval that an agent ran by itself, signed. */
export async function selfRunOf(
  org: TestOrganization,
  agentId: string,
  signer: Signer,
  said: { [name: string]: JsonValue } = {},
): Promise<string> {
  const { body } = await org.call("GET", `/v1/agents/${agentId}`);
  return signJson(signer, jwsTypes.selfRun, {
    type: "https://armalo.ai/self-run/v1",
    agentId,
    versionDigest: body.versionDigest,
    suiteDigest: `sha256:${"ab".repeat(32)}`,
    mode: "production",
    ranAt: new Date().toISOString(),
    checks: [{ caseIndex: 0, check: "greets", dimension: "accuracy", value: 1 }],
    ...said,
  });
}
