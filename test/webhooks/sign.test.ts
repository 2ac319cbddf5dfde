import fc from "fast-check";
import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import { fromBase64, utf8 } from "../../src/crypto/encoding.ts";
import { formatSecret, importEd25519Key, importHmacKey, signDelivery, type WebhookSigner } from "../../src/webhooks/sign.ts";
import vectors from "./vectors.json";

const afterPrefix = (text: string): Uint8Array<ArrayBuffer> => fromBase64(text.slice(text.indexOf("_") + 1));

const signersOf = ({ secrets = [], privateKeys = [] }: { secrets?: string[]; privateKeys?: string[] }): Promise<WebhookSigner[]> =>
  Promise.all([
    ...secrets.map(async (secret) => ({ scheme: "v1" as const, key: await importHmacKey(afterPrefix(secret)) })),
    ...privateKeys.map(async (key) => ({ scheme: "v1a" as const, key: await importEd25519Key(fromBase64(key)) })),
  ]);

const headers = (id: string, timestamp: number, signature: string) => ({
  "webhook-id": id,
  "webhook-timestamp": String(timestamp),
  "webhook-signature": signature,
});
const seconds = (): number => Math.floor(Date.now() / 1000);

const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((raw) => Uint8Array.from(raw));
/** What stands in our bodies: JSON, whose strings may be any. */
const payload = fc.json({ stringUnit: "binary" });
const id = fc.stringMatching(/^evt_[0-9A-Za-z]{22}$/);

describe("a delivery's signature", () => {
  it.each(vectors.cases)("is the published one: $name", async ({ id: event, timestamp, payload: body, signature, ...secrets }) => {
    expect(await signDelivery(await signersOf(secrets), event, timestamp, body)).toBe(signature);
  });

  it("holds for standardwebhooks, whatever the body, and for each secret of an overlap alone", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(bytes, { minLength: 1, maxLength: 2 }), id, payload, async (raws, event, body) => {
        const signers = await Promise.all(raws.map(async (raw) => ({ scheme: "v1" as const, key: await importHmacKey(raw) })));
        const timestamp = seconds();
        const signed = headers(event, timestamp, await signDelivery(signers, event, timestamp, body));
        for (const raw of raws) expect(new Webhook(formatSecret(raw)).verify(body, signed)).toEqual(JSON.parse(body));
      }),
      { numRuns: 50 },
    );
  });

  it("holds for no other secret, id, time or body", async () => {
    await fc.assert(
      fc.asyncProperty(bytes, bytes, id, id, payload, async (raw, other, event, otherEvent, body) => {
        fc.pre(event !== otherEvent && String(raw) !== String(other));
        const timestamp = seconds();
        const signature = await signDelivery([{ scheme: "v1", key: await importHmacKey(raw) }], event, timestamp, body);
        const webhook = new Webhook(formatSecret(raw));
        expect(() => new Webhook(formatSecret(other)).verify(body, headers(event, timestamp, signature))).toThrow("No matching signature");
        expect(() => webhook.verify(body, headers(otherEvent, timestamp, signature))).toThrow("No matching signature");
        expect(() => webhook.verify(body, headers(event, timestamp + 1, signature))).toThrow("No matching signature");
        expect(() => webhook.verify(`${body} `, headers(event, timestamp, signature))).toThrow("No matching signature");
      }),
      { numRuns: 30 },
    );
  });

  it("holds under the public key that is shown, by Ed25519, and under no other one", async () => {
    const [first, second] = vectors.cases.filter(({ publicKeys }) => publicKeys?.length === 2);
    const { publicKeys = [], privateKeys = [] } = first ?? second ?? {};
    const [newest = "", former = ""] = publicKeys;
    await fc.assert(
      fc.asyncProperty(id, payload, async (event, body) => {
        const [signer] = await signersOf({ privateKeys });
        if (signer === undefined) throw new Error("no signer");
        const signature = await signDelivery([signer], event, 1_772_323_200, body);
        expect(signature).toMatch(/^v1a,[A-Za-z0-9+/]{86}==$/);
        const holds = async (whpk: string): Promise<boolean> => {
          const key = await crypto.subtle.importKey("raw", afterPrefix(whpk), "Ed25519", false, ["verify"]);
          return crypto.subtle.verify("Ed25519", key, fromBase64(signature.slice(4)), utf8(`${event}.1772323200.${body}`));
        };
        expect([await holds(newest), await holds(former)]).toEqual([true, false]);
      }),
      { numRuns: 30 },
    );
  });

  it("is refused where nobody signs, and for what it cannot stand for", async () => {
    const signers = [{ scheme: "v1" as const, key: await importHmacKey(new Uint8Array(32)) }];
    await expect(signDelivery([], "evt_1", 1, "{}")).rejects.toThrow("no secret");
    await expect(signDelivery(signers, "evt.1", 1, "{}")).rejects.toThrow("not what");
    await expect(signDelivery(signers, "evt_1", 1.5, "{}")).rejects.toThrow("not what");
  });
});
