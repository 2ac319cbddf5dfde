import { z } from "zod";
import { Problem } from "../../src/http/problem.ts";
import { providers, type Provider } from "../../src/providers/provider.ts";
import { providerSettings, providerSettingsOf, type ProviderSettings } from "../../src/providers/settings.ts";
import { verifyDelivery } from "../../src/providers/verify-delivery.ts";
import known from "./vectors/incoming-webhooks.json" with { type: "json" };
import older from "./vectors/older-webhooks.json" with { type: "json" };

/** When all vectors were signed. */
export const signedAt = new Date(1_731_705_121_000);

const Vectors = z.array(
  z.object({
    provider: z.enum(providers),
    secret: z.string(),
    raw: z.string(),
    headers: z.record(z.string(), z.string()),
  }),
);
/** A delivery as it comes in, and what it is judged by. */
export type Delivery = {
  readonly provider: Provider;
  /** In the setting's own form, the newest first. */
  readonly secrets: readonly string[];
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly now: Date;
};

export const bytes = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(new TextEncoder().encode(text));

export const vectors: readonly (Delivery & { readonly title: string })[] = Vectors.parse([...known.vectors, ...older.vectors]).map(
  ({ provider, secret, raw, headers }) => ({
    title: `${provider}, ${Object.keys(headers).at(-1)}, ${raw.length} characters`,
    provider,
    secrets: [secret],
    headers: new Headers(headers),
    body: bytes(raw),
    now: signedAt,
  }),
);

const settingOf = {
  clerk: "CLERK_WEBHOOK_SECRETS",
  whop: "WHOP_WEBHOOK_SECRETS",
  stripe: "STRIPE_WEBHOOK_SECRETS",
} as const;

const settingsOf = (provider: Provider, secrets: readonly string[]): Record<string, string | undefined> =>
  provider === "inngest"
    ? { INNGEST_SIGNING_KEY: secrets[0], INNGEST_SIGNING_KEY_FALLBACK: secrets[1] }
    : { [settingOf[provider]]: secrets.length === 0 ? undefined : secrets.join(",") };

/** The secrets as the Worker reads them from its settings. */
export const withSecrets = (provider: Provider, secrets: readonly string[]): { readonly providers: ProviderSettings } => ({
  providers: providerSettingsOf(z.object(providerSettings).parse(settingsOf(provider, secrets))),
});

/** The code of the refusal, or `taken`. Anything but a refusal is thrown on. */
export async function judge({ provider, secrets, headers, body, now }: Delivery): Promise<string> {
  try {
    await verifyDelivery(withSecrets(provider, secrets), provider, headers, body, now);
    return "taken";
  } catch (fault) {
    if (fault instanceof Problem) return fault.code;
    throw fault;
  }
}
