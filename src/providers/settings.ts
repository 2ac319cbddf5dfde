import { z } from "zod";
import { paidPlans, type Plan } from "../access/plans.ts";
import { readBase64, utf8 } from "../crypto/encoding.ts";
import type { Provider } from "./provider.ts";

/** The key of a signature, as Web Crypto takes it: at least 16 bytes once it is decoded. */
type SigningSecret = Uint8Array<ArrayBuffer>;
const leastSecretBytes = 16;

/** What is separated by commas: at least one entry, and none that `read` cannot. */
const listOf = <T>(read: (entry: string) => T | undefined, complaint: string) =>
  z.string().transform((text, context): readonly T[] => {
    const entries = text
      .split(",")
      .map((part) => part.trim())
      .filter((part) => part !== "");
    const good = entries.map(read).filter((entry) => entry !== undefined);
    if (good.length > 0 && good.length === entries.length) return good;
    context.addIssue(complaint);
    return z.NEVER;
  });

/** Secrets, the newest first: all of them verify, so that one can be rotated. */
const secrets = (decode: (text: string) => SigningSecret | undefined) =>
  listOf((text) => {
    const key = decode(text);
    return key !== undefined && key.length >= leastSecretBytes ? key : undefined;
  }, "not a list of secrets of at least 16 bytes each");

/** Svix: base64 behind `whsec_`. */
const svixSecret = (text: string): SigningSecret | undefined => readBase64(text.replace(/^whsec_/, ""));
/** Inngest: one key, as it is shown there: its environment's name and hexadecimal digits. */
const inngestKey = z.string().regex(/^signkey-\w+-(?:[0-9a-f]{2}){16,}$/, "not a signing key");
/** What it signs with is the text behind the name. */
const inngestSecret = (text: string): SigningSecret => utf8(text.replace(/^signkey-\w+-/, ""));

const origins = listOf((text) => (URL.canParse(text) && new URL(text).origin === text ? text : undefined), "not a list of origins");

/** What a provider sells, by its own names: `{"plan_abc":"pro"}`. Free is what there is without a subscription. */
const PlanNames = z.record(z.string().min(1), z.enum(paidPlans));
const sold = z.string().transform((text, context): Readonly<Record<string, Plan>> => {
  try {
    const read = PlanNames.safeParse(JSON.parse(text));
    if (read.success) return read.data;
  } catch {
    // Told below, like what is JSON and not this.
  }
  context.addIssue("not a JSON object of plans");
  return z.NEVER;
});

/** Keys that sign people in come from a provider, and secrets go to it: over TLS, or to a stand-in on this machine. */
const address = z.url().refine((text) => {
  const { protocol, hostname, username, password } = URL.parse(text) ?? {};
  return (protocol === "https:" || (protocol === "http:" && hostname === "127.0.0.1")) && username === "" && password === "";
}, "neither https nor on 127.0.0.1");

const service = (url: string) => address.default(url).transform((text) => new URL(text).origin);

/** Each provider's settings are all there and right, or none is there: half of them stops the Worker, as a malformed one does. */
export const providerSettings = {
  /** How people sign in. Unset: nobody does. */
  SIGN_IN: z.enum(["clerk", "local"]).optional(),
  /** The issuer of Clerk's session tokens; its keys are at `/.well-known/jwks.json` there. */
  CLERK_ISSUER: address.transform((text) => text.replace(/\/$/, "")).optional(),
  /** Origins whose sessions are taken (`azp`). */
  CLERK_AUTHORIZED_PARTIES: origins.optional(),
  /** For Clerk's Backend API, where members are invited, changed and removed first. */
  CLERK_SECRET_KEY: z.string().min(16).optional(),
  /** Each as Clerk shows it: `whsec_…`. */
  CLERK_WEBHOOK_SECRETS: secrets(svixSecret).optional(),
  CLERK_API_URL: service("https://api.clerk.com"),
  /** Each as Whop shows it: its text is the key. */
  WHOP_WEBHOOK_SECRETS: secrets(utf8).optional(),
  /** By the name of Whop's plan. */
  WHOP_PLANS: sold.optional(),
  /** Only for making checkout links. */
  WHOP_API_KEY: z.string().min(16).optional(),
  WHOP_API_URL: service("https://api.whop.com"),
  /** Each as Stripe shows it, `whsec_…`: there too the text is the key. */
  STRIPE_WEBHOOK_SECRETS: secrets(utf8).optional(),
  /** By the name of the price. */
  STRIPE_PLANS: sold.optional(),
  INNGEST_SIGNING_KEY: inngestKey.optional(),
  /** The key before a rotation, while both hold. */
  INNGEST_SIGNING_KEY_FALLBACK: inngestKey.optional(),
  INNGEST_API_URL: service("https://api.inngest.com"),
  /** Never set here: in its dev mode Inngest's handler would verify nothing. */
  INNGEST_DEV: z.enum(["", "0", "false"]).optional(),
};

type Given = z.output<z.ZodObject<typeof providerSettings>>;

/** What goes together: with one of them the others are needed. */
const groups: readonly (readonly (keyof Given)[])[] = [
  ["CLERK_ISSUER", "CLERK_AUTHORIZED_PARTIES", "CLERK_SECRET_KEY", "CLERK_WEBHOOK_SECRETS"],
  ["WHOP_WEBHOOK_SECRETS", "WHOP_PLANS"],
  ["STRIPE_WEBHOOK_SECRETS", "STRIPE_PLANS"],
];

/** The names of settings that others ask for, and that are missing. */
export function findProviderFaults(given: Given): string[] {
  const has = (name: keyof Given): boolean => given[name] !== undefined;
  const halves = groups.filter((group) => group.some(has)).flatMap((group) => group.filter((name) => !has(name)));
  const unsold = has("WHOP_API_KEY") && !has("WHOP_PLANS") ? ["WHOP_PLANS"] : [];
  const unsigned = has("INNGEST_SIGNING_KEY_FALLBACK") && !has("INNGEST_SIGNING_KEY") ? ["INNGEST_SIGNING_KEY"] : [];
  const signIn = given.SIGN_IN === "clerk" && !has("CLERK_ISSUER") ? ["CLERK_ISSUER"] : [];
  return [...halves, ...unsold, ...unsigned, ...signIn];
}

export type ClerkSettings = {
  readonly issuer: string;
  readonly authorizedParties: readonly string[];
  readonly apiUrl: string;
  readonly secretKey: string;
};

export type ProviderSettings = {
  readonly signIn: "clerk" | "local" | undefined;
  readonly clerk: ClerkSettings | undefined;
  /** `apiKey`: undefined where no checkout can be made. */
  readonly whop:
    | { readonly plans: Readonly<Record<string, Plan>>; readonly apiUrl: string; readonly apiKey: string | undefined }
    | undefined;
  /** Old contracts only: nothing new is sold through it. */
  readonly stripe: { readonly plans: Readonly<Record<string, Plan>> } | undefined;
  /** The newest key first. */
  readonly inngest: { readonly signingKeys: readonly string[]; readonly apiUrl: string } | undefined;
  /** What each provider's events may be signed with; undefined where it may tell us nothing. */
  readonly webhookSecrets: Readonly<Record<Provider, readonly SigningSecret[] | undefined>>;
};

/** The settings of a checked environment. */
export const providerSettingsOf = (given: Given): ProviderSettings => ({
  signIn: given.SIGN_IN,
  clerk:
    given.CLERK_ISSUER === undefined
      ? undefined
      : {
          issuer: given.CLERK_ISSUER,
          authorizedParties: given.CLERK_AUTHORIZED_PARTIES ?? [],
          apiUrl: given.CLERK_API_URL,
          secretKey: given.CLERK_SECRET_KEY ?? "",
        },
  whop: given.WHOP_PLANS === undefined ? undefined : { plans: given.WHOP_PLANS, apiUrl: given.WHOP_API_URL, apiKey: given.WHOP_API_KEY },
  stripe: given.STRIPE_PLANS === undefined ? undefined : { plans: given.STRIPE_PLANS },
  inngest: inngestOf(given),
  webhookSecrets: {
    clerk: given.CLERK_WEBHOOK_SECRETS,
    whop: given.WHOP_WEBHOOK_SECRETS,
    stripe: given.STRIPE_WEBHOOK_SECRETS,
    inngest: inngestOf(given)?.signingKeys.map(inngestSecret),
  },
});

function inngestOf(given: Given): ProviderSettings["inngest"] {
  const keys = [given.INNGEST_SIGNING_KEY, given.INNGEST_SIGNING_KEY_FALLBACK].filter((key) => key !== undefined);
  return keys.length === 0 ? undefined : { signingKeys: keys, apiUrl: given.INNGEST_API_URL };
}
