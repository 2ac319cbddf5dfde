import { describe, expect, it } from "vitest";
import { roundTrips } from "../../support/harness.ts";
import { createOrganization } from "../../support/organization.ts";
import { keyRegistration, registerKey } from "../../support/proofs.ts";
import { newSigner } from "../../crypto/statement/signing.ts";
import { newAgent } from "../pacts/pact-world.ts";

describe("an agent's signing keys", () => {
  it("are registered by whoever has the private half, listed, and revoked once", async () => {
    const org = await createOrganization();
    const agentId = await newAgent(org);
    const signer = await newSigner();
    const made = await org.call("POST", `/v1/agents/${agentId}/signing-keys`, await keyRegistration(org.orgId, agentId, signer));
    expect(made.status, made.text).toBe(201);
    expect(await roundTrips(made.requestId)).toBe(2);
    expect(made.body).toMatchObject({ kid: signer.kid, agentId, jwk: { kty: "OKP", crv: "Ed25519", x: signer.x }, revokedAt: null });
    expect((await org.call("GET", `/v1/agents/${agentId}/signing-keys`)).body.items).toEqual([made.body]);
    const path = `/v1/agents/${agentId}/signing-keys/${signer.kid}/revoke`;
    expect((await org.call("POST", path)).body.revokedAt).not.toBeNull();
    expect((await org.call("POST", path)).status).toBe(409);
    const again = await org.call("POST", `/v1/agents/${agentId}/signing-keys`, await keyRegistration(org.orgId, agentId, signer));
    expect([again.status, again.body.code]).toEqual([409, "state_conflict"]);
  });

  it("are not registered with a proof of another key, for another agent or organization, of another kind, or an old one", async () => {
    const org = await createOrganization();
    const agentId = await newAgent(org);
    const [signer, other] = [await newSigner(), await newSigner()];
    const register = (body: object) => org.call("POST", `/v1/agents/${agentId}/signing-keys`, body);
    const proofOf = (said: object) => keyRegistration(org.orgId, agentId, signer, said);
    const cases = [
      { x: signer.x, proof: (await keyRegistration(org.orgId, agentId, other)).proof },
      await proofOf({ agentId: await newAgent(org) }),
      await proofOf({ organization: (await createOrganization()).orgId }),
      await proofOf({ at: new Date(Date.now() - 11 * 60_000).toISOString() }),
      await proofOf({ at: new Date(Date.now() + 11 * 60_000).toISOString() }),
      { x: signer.x, proof: "a.b.c" },
    ];
    for (const body of cases) {
      const refused = await register(body);
      expect([refused.status, refused.body.errors?.[0].path]).toEqual([400, "body.proof"]);
    }
    const small = await register({ x: `AQ${"A".repeat(41)}`, proof: cases[0]?.proof });
    expect(small.body.errors[0]).toMatchObject({ path: "body.x" });
    expect((await register(await proofOf({}))).status).toBe(201);
    expect((await register(await proofOf({}))).status).toBe(409);
  });

  it("are no more than fifty at a time, and revoked ones do not count", async () => {
    const org = await createOrganization();
    const agentId = await newAgent(org);
    const { kid } = await registerKey(org, agentId);
    for (let count = 1; count < 50; count += 1) await registerKey(org, agentId);
    const registration = await keyRegistration(org.orgId, agentId, await newSigner());
    const register = () => org.call("POST", `/v1/agents/${agentId}/signing-keys`, registration);
    expect((await register()).status).toBe(409);
    await org.call("POST", `/v1/agents/${agentId}/signing-keys/${kid}/revoke`);
    expect((await register()).status).toBe(201);
  });
});
