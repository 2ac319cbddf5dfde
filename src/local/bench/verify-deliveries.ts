import { canonicalJson } from "../../crypto/canonical-json.ts";
import { toBase64, toHex, utf8 } from "../../crypto/encoding.ts";
import { providers, type Provider } from "../../providers/provider.ts";
import { verifyDelivery } from "../../providers/verify-delivery.ts";

/** Two of each, as while one is rotated; what is measured is signed with the older one. */
const [newer, older] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
const secrets = [newer, older];
const opened = { clerk: secrets, whop: secrets, stripe: secrets, inngest: secrets };

/** Of the size of a provider's event. */
const event = {
  id: "evt_1",
  type: "user.updated",
  data: Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`field_${n}`, `${n} `.repeat(10)])),
};
const raw = JSON.stringify(event);

/** Verifies one delivery of a provider so many times, one after the other. */
export async function verifyDeliveries(name: string, count: number): Promise<boolean> {
  const provider = providers.find((known) => known === name);
  if (provider === undefined) return false;
  const headers = await sign(provider);
  const env = {
    providers: { signIn: undefined, clerk: undefined, whop: undefined, stripe: undefined, inngest: undefined, webhookSecrets: opened },
  };
  const body = utf8(raw);
  for (let number = 0; number < count; number += 1) await verifyDelivery(env, provider, new Headers(headers), body, new Date());
  return true;
}

async function sign(provider: Provider): Promise<Record<string, string>> {
  const seconds = Math.floor(new Date().getTime() / 1000);
  const hmac = async (text: string): Promise<Uint8Array<ArrayBuffer>> => {
    const key = await crypto.subtle.importKey("raw", older, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    return new Uint8Array(await crypto.subtle.sign("HMAC", key, utf8(text)));
  };
  const standard = async (name: string) => ({
    [`${name}-id`]: "msg_1",
    [`${name}-timestamp`]: String(seconds),
    [`${name}-signature`]: `v1,${toBase64(await hmac(`msg_1.${seconds}.${raw}`))}`,
  });
  switch (provider) {
    case "clerk":
      return standard("svix");
    case "whop":
      return standard("webhook");
    case "stripe":
      return { "stripe-signature": `t=${seconds},v1=${toHex(await hmac(`${seconds}.${raw}`))}` };
    case "inngest":
      return { "x-inngest-signature": `t=${seconds}&s=${toHex(await hmac(`${canonicalJson(event)}${seconds}`))}` };
  }
}
