import fc from "fast-check";
import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import { fromBase64, utf8 } from "../../../src/crypto/encoding.ts";
import { afterRotation } from "../../../src/features/webhooks/endpoint.ts";
import type { ShownSecret } from "../../../src/webhooks/endpoint-secrets.ts";
import { ownerSees } from "../../support/harness.ts";
import { createOrganization, type TestOrganization } from "../../support/organization.ts";
import { newEndpoint, signatureAt } from "../../support/webhooks.ts";
import { until } from "../../webhooks/world.ts";

const hour = 3_600_000;
const [id, body] = ["evt_0000000000000000000001", '{"type":"webhook.test"}'];
const rotate = async (org: TestOrganization, path: string): Promise<string> =>
  (await org.call("POST", `${path}/rotate-secret`)).body.secret;

/** Whether a receiver that holds this secret alone would take what is signed then: it reckons what standardwebhooks reckons. */
async function takes(org: TestOrganization, endpointId: string, secret: string, now: Date): Promise<boolean> {
  const signature = await signatureAt(org, endpointId, now, id, body);
  return signature.split(" ").includes(new Webhook(secret).sign(id, now, body));
}

describe("another secret of an endpoint", () => {
  it("is shown once, and signs what is really delivered beside the former one: each alone verifies it", async () => {
    const org = await createOrganization();
    const { path, secret, receiver } = await newEndpoint(org);
    const rotated = await org.call("POST", `${path}/rotate-secret`, undefined, { "idempotency-key": "once" });
    expect([rotated.status, rotated.body.signing.map(({ version }: { version: number }) => version)], rotated.text).toEqual([200, [2, 1]]);
    const next: string = rotated.body.secret;
    expect(next).not.toBe(secret);
    const sent = await org.call("POST", `${path}/test`);
    const [delivery] = await until(receiver.received, (all) => all.length === 1);
    if (delivery === undefined) throw new Error("nothing came");
    expect(delivery.headers["webhook-id"]).toBe(sent.body.eventId);
    expect(delivery.headers["webhook-signature"]?.split(" ")).toHaveLength(2);
    for (const held of [secret, next])
      expect(new Webhook(held).verify(delivery.body, delivery.headers)).toMatchObject({ type: "webhook.test" });
    expect(() => new Webhook(`whsec_${btoa("x".repeat(32))}`).verify(delivery.body, delivery.headers)).toThrow("No matching signature");
    const read = await org.call("GET", path);
    expect(read.body.signing).toEqual(rotated.body.signing);
    expect(read.text).not.toContain("whsec_");
  });

  it("leaves the former one signing for 24 hours and no longer", async () => {
    const org = await createOrganization();
    const { path, endpointId, secret } = await newEndpoint(org);
    const before = Date.now();
    const next = await rotate(org, path);
    const at = (ms: number) => new Date(before + ms);
    expect(await takes(org, endpointId, secret, at(24 * hour - 1000))).toBe(true);
    expect(await takes(org, endpointId, secret, at(24 * hour + 60_000))).toBe(false);
    for (const ms of [0, 24 * hour - 1000, 24 * hour + 60_000]) expect(await takes(org, endpointId, next, at(ms))).toBe(true);
  });

  it("ends the oldest at once where two sign already", async () => {
    const org = await createOrganization();
    const { path, endpointId, secret: first } = await newEndpoint(org);
    const [second, third] = [await rotate(org, path), await rotate(org, path)];
    const now = new Date();
    expect(await Promise.all([first, second, third].map((held) => takes(org, endpointId, held, now)))).toEqual([false, true, true]);
    const { body: shown } = await org.call("GET", path);
    expect(shown.signing.map(({ version, signsUntil }: ShownSecret) => [version, signsUntil === null])).toEqual([
      [3, true],
      [2, false],
    ]);
  });

  it("is a new key pair for Ed25519: both public keys are shown, and each verifies what is delivered", async () => {
    const org = await createOrganization();
    const { path, receiver } = await newEndpoint(org, { scheme: "v1a" });
    const rotated = await org.call("POST", `${path}/rotate-secret`);
    expect(rotated.body.secret).toBeNull();
    await org.call("POST", `${path}/test`);
    const [delivery] = await until(receiver.received, (all) => all.length === 1);
    const { "webhook-id": event, "webhook-timestamp": timestamp, "webhook-signature": signature = "" } = delivery?.headers ?? {};
    const entries = signature.split(" ");
    expect(entries).toHaveLength(2);
    for (const [at, { publicKey }] of rotated.body.signing.entries()) {
      const key = await crypto.subtle.importKey("raw", fromBase64(publicKey.slice(5)), "Ed25519", false, ["verify"]);
      const content = utf8(`${event}.${timestamp}.${delivery?.body}`);
      const holds = await Promise.all(entries.map((entry) => crypto.subtle.verify("Ed25519", key, fromBase64(entry.slice(4)), content)));
      expect(holds).toEqual(entries.map((_, place) => place === at));
    }
  });

  it("is made once by two who ask at the same moment", async () => {
    const org = await createOrganization();
    const { path, endpointId } = await newEndpoint(org);
    const answers = await Promise.all([1, 2, 3].map(() => org.call("POST", `${path}/rotate-secret`)));
    const made = answers.filter(({ status }) => status === 200).length;
    expect(answers.every(({ status }) => status === 200 || status === 409)).toBe(true);
    expect((await org.call("GET", path)).body.signing[0].version).toBe(1 + made);
    expect(await ownerSees("select 1 from webhook_secrets where endpoint_id = $1 and signs_until is null", endpointId)).toHaveLength(1);
  });

  it("is minted by a key, and not by an access token", async () => {
    const org = await createOrganization();
    const { path } = await newEndpoint(org);
    const token = (await org.call("POST", "/v1/access-tokens", {})).body.accessToken;
    expect(typeof token).toBe("string");
    const headers = { authorization: `Bearer ${token}` };
    expect((await org.call("POST", `${path}/rotate-secret`, undefined, headers)).status).toBe(403);
    expect((await org.call("POST", `${path}/test`, undefined, headers)).status).toBe(202);
  });

  it("leaves two signing at most, the newest always, and the one before it until its 24 hours are over, whenever one rotates", () => {
    const steps = fc.array(fc.integer({ min: 0, max: 30 * hour }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(steps, fc.integer({ min: 0, max: 30 * hour }), (pauses, later) => {
        const signsAt = (all: readonly ShownSecret[], time: number) =>
          all.filter(({ signsUntil }) => signsUntil === null || signsUntil.getTime() > time);
        let now = Date.UTC(2026, 0, 1);
        let rotatedAt = now;
        let signing: ShownSecret[] = [{ version: 1, publicKey: null, signsUntil: null }];
        for (const [at, pause] of pauses.entries()) {
          now += pause;
          rotatedAt = now;
          const next = { version: at + 2, publicKey: null, signsUntil: null };
          ({ signing } = afterRotation(signsAt(signing, now), next, new Date(now)));
          expect(signing.length).toBeLessThanOrEqual(2);
          expect(signing[0]).toEqual(next);
        }
        const versions = signsAt(signing, now + later).map(({ version }) => version);
        const newest = pauses.length + 1;
        expect(versions).toEqual(now + later < rotatedAt + 24 * hour ? [newest, newest - 1] : [newest]);
      }),
    );
  });
});
