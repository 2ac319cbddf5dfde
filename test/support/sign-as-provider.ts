import canonicalize from "canonicalize";
import type { Provider } from "../../src/providers/provider.ts";
import { newest, providerSettings } from "./provider-settings.ts";

export type Told = {
  /** The provider's name of the delivery; a new one unless given. */
  readonly id?: string;
  /** When it was signed; now unless given. */
  readonly at?: Date;
  /** Another secret than the newest that the tests' Worker knows. */
  readonly secret?: string;
  readonly method?: "GET" | "POST" | "PUT";
};

const encoder = new TextEncoder();
const bytes = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(encoder.encode(text));

async function hmac(key: Uint8Array<ArrayBuffer>, text: string): Promise<Uint8Array> {
  const imported = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, bytes(text)));
}
const hex = (signature: Uint8Array): string => [...signature].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const base64 = (signature: Uint8Array): string => btoa(String.fromCharCode(...signature));
const unbase64 = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));

/** The headers with which a provider sends `raw`: written here a second time, from the providers' own descriptions. */
export async function signedHeaders(provider: Provider, raw: string, { id, at, secret }: Told = {}): Promise<Record<string, string>> {
  const name = id ?? `msg_${crypto.randomUUID()}`;
  const seconds = Math.floor((at ?? new Date()).getTime() / 1000);
  switch (provider) {
    case "clerk": {
      const key = unbase64((secret ?? newest(providerSettings.CLERK_WEBHOOK_SECRETS)).replace("whsec_", ""));
      const signature = base64(await hmac(key, `${name}.${seconds}.${raw}`));
      return { "svix-id": name, "svix-timestamp": String(seconds), "svix-signature": `v1,${signature}` };
    }
    case "whop": {
      const signature = base64(await hmac(bytes(secret ?? newest(providerSettings.WHOP_WEBHOOK_SECRETS)), `${name}.${seconds}.${raw}`));
      return { "webhook-id": name, "webhook-timestamp": String(seconds), "webhook-signature": `v1,${signature}` };
    }
    case "stripe": {
      const signature = hex(await hmac(bytes(secret ?? newest(providerSettings.STRIPE_WEBHOOK_SECRETS)), `${seconds}.${raw}`));
      return { "stripe-signature": `t=${seconds},v1=${signature}` };
    }
    case "inngest": {
      const key = bytes((secret ?? providerSettings.INNGEST_SIGNING_KEY).replace(/^signkey-\w+-/, ""));
      const signed = raw === "" ? "" : (canonicalize(JSON.parse(raw)) ?? "");
      return { "x-inngest-signature": `t=${seconds}&s=${hex(await hmac(key, `${signed}${seconds}`))}` };
    }
  }
}
