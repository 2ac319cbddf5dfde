import { describe, expect, it } from "vitest";
import { newWrappedDataKey, openSealedBox, parseKeyRing } from "../../src/crypto/sealed-box.ts";
import { fromBase64, toBase64, utf8 } from "../../src/crypto/encoding.ts";
import { newId } from "../../src/platform/ids.ts";
import { newEndpointSecret, openSigners, shownPublicKey } from "../../src/webhooks/endpoint-secrets.ts";
import { importHmacKey, signDelivery, webhookSchemes, type WebhookScheme } from "../../src/webhooks/sign.ts";

const now = new Date("2026-03-01T00:00:00Z");
const ring = parseKeyRing(`k:${toBase64(new Uint8Array(32).fill(7))}`);

async function boxOf(orgId: string) {
  if (ring === undefined) throw new Error("no ring");
  return openSealedBox(ring, orgId, await newWrappedDataKey(ring, orgId));
}

async function sealed(scheme: WebhookScheme) {
  const [orgId, endpoint] = [newId("organization"), { id: newId("webhookEndpoint"), scheme }];
  const box = await boxOf(orgId);
  const { row, shown } = await newEndpointSecret(box, endpoint, 1, now);
  return { orgId, endpoint, box, shown, row: { ...row, orgId } };
}

const [event, body] = ["evt_1", "{}"];
const sign = async (...[box, rows]: Parameters<typeof openSigners>) => signDelivery(await openSigners(box, rows), event, 1, body);

describe.each(webhookSchemes)("an endpoint's %s secret", (scheme) => {
  it("opens for its own organization, endpoint and version, and nowhere else", async () => {
    const { box, row } = await sealed(scheme);
    const [signer] = await openSigners(box, [row]);
    expect([signer?.scheme, signer?.key.extractable]).toEqual([scheme, false]);
    const otherId = newId("organization");
    const other = await boxOf(otherId);
    await expect(openSigners(box, [{ ...row, endpointId: newId("webhookEndpoint") }])).rejects.toThrow();
    await expect(openSigners(box, [{ ...row, version: 2 }])).rejects.toThrow();
    await expect(openSigners(other, [{ ...row, orgId: otherId }])).rejects.toThrow();
    await expect(openSigners(box, [{ ...row, sealedSecret: row.sealedSecret.replace(/.(.{8})$/, "A$1") }])).rejects.toThrow();
  });

  it("is another one each time", async () => {
    const { box, endpoint, row } = await sealed(scheme);
    const again = { ...row, ...(await newEndpointSecret(box, endpoint, 1, now)).row };
    expect(await sign(box, [row])).not.toBe(await sign(box, [again]));
    expect(await sign(box, [row, again])).toBe(`${await sign(box, [row])} ${await sign(box, [again])}`);
  });
});

describe("what is shown of a secret", () => {
  it("is the 32 bytes that sign, once, for v1", async () => {
    const { box, row, shown } = await sealed("v1");
    expect(shown).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const key = await importHmacKey(fromBase64((shown ?? "").slice(6)));
    expect(await sign(box, [row])).toBe(await signDelivery([{ scheme: "v1", key }], event, 1, body));
    expect(shownPublicKey(row)).toBeNull();
  });

  it("is the public key that verifies, at any time, for v1a", async () => {
    const { box, row, shown } = await sealed("v1a");
    expect(shown).toBeNull();
    const whpk = shownPublicKey(row) ?? "";
    expect(whpk).toMatch(/^whpk_[A-Za-z0-9+/]{43}=$/);
    const key = await crypto.subtle.importKey("raw", fromBase64(whpk.slice(5)), "Ed25519", false, ["verify"]);
    const signature = fromBase64((await sign(box, [row])).slice(4));
    expect(await crypto.subtle.verify("Ed25519", key, signature, utf8("evt_1.1.{}"))).toBe(true);
  });
});
