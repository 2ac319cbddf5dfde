import { z } from "zod";
import { paidPlans, type Plan } from "../access/plans.ts";
import { readBase64, utf8 } from "../crypto/encoding.ts";
import type { Provider } from "./provider.ts";

/** The key of a signature, as Web Crypto takes it: at least 16 bytes once it is decoded. */
type SigningSecret = Uint8Array<ArrayBuffer>;
const leastSecretBytes = 16;

const commaList = (text: string): string[] =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");

/** Secrets, the newest first, separated by commas: all of them verify, so that one can be rotated. */
const secrets = (decode: (text: string) => SigningSecret | undefined) =>
  z.string().transform((text, context): readonly SigningSecret[] => {
    const keys = commaList(text).map(decode);
    const good = keys.filter((key) => key !== undefined && key.length >= leastSecretBytes).map((key) => key ?? new Uint8Array());
    if (good.length > 0 && good.length === keys.length) return good;
    context.addIssue("not a list of secrets of at least 16 bytes each");
    return z.NEVER;
  });

/** Svix: base64 behind `whsec_`. */
const svixSecret = (text: string): SigningSecret | undefined => readBase64(text.replace(/^whsec_/, ""));
/** Inngest: one key, as it is shown there: its environment's name and hexadecimal digits. */
const inngestKey = z.string().regex(/^signkey-\w+-(?:[0-9a-f]{2}){16,}$/, "not a signing key");
/** What it signs with is the text behind the name. */
const inngestSecret = (text: string): SigningSecret => utf8(text.replace(/^signkey-\w+-/, ""));

const origins = z.string().transform((text, context): readonly string[] => {
  const list = commaList(text);
  const good = list.filter((entry) => URL.canParse(entry) && new URL(entry).origin === entry);
  if (good.length > 0 && good.length === list.length) return good;
  context.addIssue("not a list of origins");
  return z.NEVER;
});

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

/** Over https, so that nobody on the way can speak for a provider; over http on this machine alone. */
const address = z.url().refine((text) => {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === "https:" || (protocol === "http:" && hostname === "127.0.0.1");
}, "not an https URL");

const service = (url: string) => address.default(url).transform((text) => new URL(text).origin);

/** Each provider's settings are all there and right, or none is there: half of them stops the Worker, as a malformed one does. */
export const providerSettings = {
  /** How people sign in. Unset: nobody does. */
  SIGN_IN: z.enum(["clerk", "local"]).optional(),
  /** The issuer of Clerk's session tokens; its keys are at `/.well-known/jwks.json` there. */
  CLERK_ISSUER: address.transform((text) => text.replace(/\/$/, "")).optional(),
  /** Origins whose sessions are taken (`azp`). */
  CLERK_AUTHORIZED_PARTIES: origins.optional(),
  CLERK_SECRET_KEY: z.string().min(16).optional(),
  CLERK_WEBHOOK_SECRETS: secrets(svixSecret).optional(),
  CLERK_API_URL: service("https://api.clerk.com"),
  WHOP_WEBHOOK_SECRETS: secrets(utf8).optional(),
  WHOP_PLANS: sold.optional(),
  /** Only for making checkout links. */
  WHOP_API_KEY: z.string().min(16).optional(),
  WHOP_API_URL: service("https://api.whop.com"),
  STRIPE_WEBHOOK_SECRETS: secrets(utf8).optional(),
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
