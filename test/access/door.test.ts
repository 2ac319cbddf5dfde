import { env } from "cloudflare:workers";
import { listDurableObjectIds } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { crc32 } from "../../src/crypto/crc32.ts";
import { encodeBase62 } from "../../src/crypto/base62.ts";
import { newId } from "../../src/platform/ids.ts";
import { askUntilCutOff, callApi, createOrganization, newAddress } from "../support/organization.ts";

const address = newAddress();
const tryKey = (key: string, from = address) =>
  callApi("GET", "/v1/keys", undefined, { authorization: `Bearer ${key}`, "cf-connecting-ip": from });
const withChecksum = (stem: string): string => `${stem}_${encodeBase62(crc32(stem), 6)}`;

describe("the door for API keys", () => {
  it("refuses a missing, truncated, altered or foreign-form credential with 401 and says what it wants", async () => {
    const { apiKey } = await createOrganization();
    const none = await callApi("GET", "/v1/keys", undefined, { "cf-connecting-ip": address });
    expect(none.status).toBe(401);
    expect(none.headers.get("www-authenticate")).toContain("Bearer");
    expect(none.body).toMatchObject({ code: "unauthenticated", status: 401 });
    for (const key of [apiKey.slice(0, -1), `${apiKey}x`, apiKey.replace("arm_live", "arm_test"), "arm_live", "x".repeat(300)]) {
      expect((await tryKey(key)).status).toBe(401);
    }
    const basic = await callApi("GET", "/v1/keys", undefined, { authorization: `Basic ${btoa(apiKey)}`, "cf-connecting-ip": address });
    expect(basic.status).toBe(401);
  });

  it("addresses no object for an organization that was never issued, however right the checksum", async () => {
    const { apiKey } = await createOrganization();
    const parts = apiKey.split("_").slice(0, 5);
    const org = newId("organization").slice(4);
    const before = (await listDurableObjectIds(env.GATE)).length;
    const answer = await tryKey(withChecksum(["arm", "live", org, ...parts.slice(3)].join("_")));
    expect(answer.status).toBe(401);
    expect((await listDurableObjectIds(env.GATE)).length).toBe(before);
    expect((await listDurableObjectIds(env.GATE)).some((id) => id.equals(env.GATE.idFromName(`org_${org}`)))).toBe(false);
  });

  it("refuses the right key id with another secret", async () => {
    const { apiKey } = await createOrganization();
    const parts = apiKey.split("_").slice(0, 5);
    expect((await tryKey(withChecksum([...parts.slice(0, 4), "0".repeat(43)].join("_")))).status).toBe(401);
  });

  it("refuses a change by API key from a page, and lets reads pass", async () => {
    const { call } = await createOrganization();
    const body = { name: "from a page", scopes: ["keys:read"] };
    expect((await call("POST", "/v1/keys", body, { origin: "https://evil.example" })).body).toMatchObject({
      code: "browser_key",
      status: 403,
    });
    expect((await call("GET", "/v1/keys", undefined, { origin: "https://evil.example" })).status).toBe(200);
  });

  it("caps what one address may guess", async () => {
    const from = newAddress();
    const answers = await askUntilCutOff(
      () => tryKey("arm_live_wrong", from),
      ({ status }) => status === 429,
    );
    expect([...new Set(answers.map(({ status }) => status))]).toEqual([401, 429]);
  });
});
