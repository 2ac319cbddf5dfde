import { exportJWK, generateKeyPair } from "jose";
import { describe, expect, it } from "vitest";
import { roundTrips } from "../../support/harness.ts";
import { createOrganization } from "../../support/organization.ts";

const jwk = { kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" };
/** RFC 8037, A.3. */
const thumbprint = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";

describe("keys of agent cards", () => {
  it("are pinned, listed and unpinned, each with its event", async () => {
    const org = await createOrganization();
    const pinned = await org.call("POST", "/v1/card-keys", { kid: "key-1", label: "Example Ltd", jwk: { ...jwk, kid: "key-1" } });
    expect(pinned.status, pinned.text).toBe(201);
    expect(await roundTrips(pinned.requestId)).toBe(2);
    expect(pinned.body).toMatchObject({ kid: "key-1", label: "Example Ltd", algorithm: "EdDSA", jwk, thumbprint, unpinnedAt: null });
    const listed = await org.call("GET", "/v1/card-keys");
    expect(listed.body.items).toEqual([pinned.body]);
    expect(await roundTrips(listed.requestId)).toBe(1);
    const unpinned = await org.call("POST", `/v1/card-keys/${pinned.body.id}/unpin`);
    expect(unpinned.body).toEqual({ ...pinned.body, unpinnedAt: expect.any(String) });
    expect(await roundTrips(unpinned.requestId)).toBe(2);
    expect((await org.call("POST", `/v1/card-keys/${pinned.body.id}/unpin`)).status).toBe(409);
    const events: { action: string; resource: string }[] = (await org.call("GET", "/v1/audit-events?limit=2")).body.items;
    expect(events.map(({ action }) => action).toSorted()).toEqual(["card_key.pinned", "card_key.unpinned"]);
    expect(new Set(events.map(({ resource }) => resource))).toEqual(new Set([pinned.body.id]));
  });

  it("are pinned once at a time, and may be pinned again", async () => {
    const org = await createOrganization();
    const pin = (over: object = {}) => org.call("POST", "/v1/card-keys", { kid: "key-1", label: "A", jwk, ...over });
    const first = await pin();
    expect((await pin({ label: "B" })).status).toBe(409);
    expect((await pin({ kid: "key-2" })).status).toBe(201);
    await org.call("POST", `/v1/card-keys/${first.body.id}/unpin`);
    expect((await pin()).status).toBe(201);
  });

  it("are at most eight of one kid at a time: each is tried on every signature that names it", async () => {
    const org = await createOrganization();
    const pin = async (kid: string) => {
      const { publicKey } = await generateKeyPair("ES256", { extractable: true });
      return org.call("POST", "/v1/card-keys", { kid, label: "A", jwk: await exportJWK(publicKey) });
    };
    const pinned = [];
    for (let count = 0; count < 8; count += 1) pinned.push(await pin("key-1"));
    expect(pinned.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 201));
    expect((await pin("key-1")).status).toBe(409);
    expect((await pin("key-2")).status).toBe(201);
    await org.call("POST", `/v1/card-keys/${pinned[0]?.body.id}/unpin`);
    expect((await pin("key-1")).status).toBe(201);
  });

  it("are never private, and what is wrong with one is said", async () => {
    const org = await createOrganization();
    const d = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
    const refused = await org.call("POST", "/v1/card-keys", { kid: "k", label: "A", jwk: { ...jwk, d } });
    expect([refused.status, refused.body.errors[0].path]).toEqual([400, "body.jwk"]);
    expect(refused.text).not.toContain(d);
  });
});
