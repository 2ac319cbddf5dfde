import { execFileSync } from "node:child_process";
import { createHmac, createPublicKey, verify } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Webhook as SvixWebhook } from "svix";
import { describe, expect, it } from "vitest";
import { fromBase64 } from "../../src/crypto/encoding.ts";
import { formatSecret, importEd25519Key, importHmacKey, signDelivery } from "../../src/webhooks/sign.ts";
import vectors from "./vectors.json" with { type: "json" };

const rawOf = (shown: string): Buffer => Buffer.from(shown.slice(shown.indexOf("_") + 1), "base64");
/** The fixed beginning of an Ed25519 SubjectPublicKeyInfo (RFC 8410). */
const spkiOf = (whpk: string): Buffer => Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), rawOf(whpk)]);
const contentOf = ({ id, timestamp, payload }: (typeof vectors.cases)[number]): string => `${id}.${timestamp}.${payload}`;
const signatureOf = (entry: string): Buffer => Buffer.from(entry.slice(entry.indexOf(",") + 1), "base64");

describe("the published vectors", () => {
  it.each(vectors.cases)("hold by an implementation that is not ours: $name", (vector) => {
    const entries = vector.signature.split(" ");
    const { secrets = [], publicKeys = [] } = vector;
    expect(entries).toHaveLength(secrets.length + publicKeys.length);
    for (const [at, secret] of secrets.entries())
      expect(`v1,${createHmac("sha256", rawOf(secret)).update(contentOf(vector)).digest("base64")}`).toBe(entries[at]);
    for (const [at, whpk] of publicKeys.entries()) {
      const key = createPublicKey({ key: spkiOf(whpk), format: "der", type: "spki" });
      expect(verify(null, Buffer.from(contentOf(vector)), key, signatureOf(entries[at] ?? ""))).toBe(true);
    }
  });
});

describe("what we sign", () => {
  const [id, payload, timestamp] = ["evt_0000000000000000000001", '{"note":"Größe 🐝"}', Math.floor(Date.now() / 1000)];
  const headers = (signature: string) => ({
    "webhook-id": id,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": signature,
  });

  it("is taken by svix, with each of two secrets alone, and not when it was changed", async () => {
    const raws = [1, 2].map((fill) => new Uint8Array(32).fill(fill));
    const signers = await Promise.all(raws.map(async (raw) => ({ scheme: "v1" as const, key: await importHmacKey(raw) })));
    const signature = await signDelivery(signers, id, timestamp, payload);
    for (const raw of raws) {
      const webhook = new SvixWebhook(formatSecret(raw));
      expect(webhook.verify(payload, headers(signature))).toEqual({ note: "Größe 🐝" });
      expect(() => webhook.verify(payload.replace("Größe", "Groesse"), headers(signature))).toThrow("No matching signature");
    }
    expect(() => new SvixWebhook(formatSecret(new Uint8Array(32))).verify(payload, headers(signature))).toThrow("No matching signature");
  });

  it("is taken by openssl with the public key that is shown, and not when it was changed", async () => {
    const [vector] = vectors.cases.filter(({ publicKeys }) => publicKeys?.length === 1);
    const [whpk = "", privateKey = ""] = [...(vector?.publicKeys ?? []), ...(vector?.privateKeys ?? [])];
    const signature = await signDelivery([{ scheme: "v1a", key: await importEd25519Key(fromBase64(privateKey)) }], id, timestamp, payload);
    const folder = mkdtempSync(join(tmpdir(), "webhook-"));
    const fileOf = (name: string, bytes: Buffer | string): string => {
      writeFileSync(join(folder, name), bytes);
      return join(folder, name);
    };
    const key = fileOf("key.der", spkiOf(whpk));
    const signed = fileOf("signature", signatureOf(signature));
    const ask = (content: string): string => {
      const file = fileOf("content", content);
      const asked = ["pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", key, "-rawin", "-in", file, "-sigfile", signed];
      return execFileSync("openssl", asked, { encoding: "utf8", stdio: "pipe" });
    };
    expect(ask(`${id}.${timestamp}.${payload}`)).toContain("Signature Verified Successfully");
    expect(() => ask(`${id}.${timestamp}.${payload} `)).toThrow();
  });
});
