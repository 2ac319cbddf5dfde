import { z } from "zod";
import type { Gate } from "./access/gate.durable-object.ts";
import type { TransparencyLog } from "./audit/log.durable-object.ts";
import { fromBase64 } from "./crypto/encoding.ts";
import { parseKeyRing } from "./crypto/sealed-box.ts";
import { deploymentKinds, type DeploymentKind } from "./crypto/statement/statement.ts";
import type { PaymentIdentifier } from "./payments/identifier.durable-object.ts";
import type { Settlement } from "./payments/settlement.durable-object.ts";
import { findSettingFaults, PaymentNetworks, paymentSettingsOf, type PaymentSettings } from "./payments/settings.ts";
import type { GrantLedger } from "./features/invocations/grant-ledger.durable-object.ts";
import { findProviderFaults, providerSettings, providerSettingsOf, type ProviderSettings } from "./providers/settings.ts";
import type { Room } from "./rooms/room.durable-object.ts";
import type { WebhookDeliverer } from "./webhooks/deliverer.durable-object.ts";

/** What wrangler.toml binds. Settings and secrets are strings until they have been parsed. */
export type Bindings = {
  readonly GATE: DurableObjectNamespace<Gate>;
  readonly TRANSPARENCY_LOG: DurableObjectNamespace<TransparencyLog>;
  readonly SETTLEMENT: DurableObjectNamespace<Settlement>;
  readonly PAYMENT_IDENTIFIER: DurableObjectNamespace<PaymentIdentifier>;
  readonly ROOM: DurableObjectNamespace<Room>;
  readonly WEBHOOK_DELIVERER: DurableObjectNamespace<WebhookDeliverer>;
  readonly GRANT_LEDGER: DurableObjectNamespace<GrantLedger>;
  readonly EVAL_RUN: Workflow<{ readonly orgId: string; readonly runId: string }>;
  readonly JUDGE_CALIBRATION: Workflow<{ readonly orgId: string; readonly calibrationId: string }>;
  readonly FLOOD_GUARD: RateLimit;
  readonly ASSETS: Fetcher;
};

const base64Key = z
  .string()
  .regex(/^[A-Za-z0-9+/]{43}=$/, "32 bytes as base64")
  .transform(fromBase64);

const jsonText = z.string().transform((text, context) => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    context.addIssue("not JSON");
    return z.NEVER;
  }
});

const signingKeys = jsonText.pipe(
  z.object({
    keys: z
      .array(z.object({ kty: z.literal("OKP"), crv: z.literal("Ed25519"), x: z.string().length(43), d: z.string().length(43) }))
      .min(1),
  }),
);

/** All of them, or none: then nothing is for sale. */
const paymentSettings = {
  X402_FACILITATOR_URL: z.url().optional(),
  /** Sent to the facilitator as a bearer token, where it asks for one. */
  X402_FACILITATOR_TOKEN: z.string().min(1).optional(),
  X402_NETWORKS: jsonText.pipe(PaymentNetworks).optional(),
};

const Settings = z
  .object({
    DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
    /** Where the database's HTTP door is, when it is not Neon's own. */
    DATABASE_ENDPOINT: z.url().optional(),
    PUBLIC_ORIGIN: z.url().transform((url) => new URL(url).origin),
    API_KEY_TAG_SECRET: base64Key,
    ENCRYPTION_KEYS: z.string().transform((text, context) => {
      const ring = parseKeyRing(text);
      if (ring !== undefined) return ring;
      context.addIssue("not `kid:base64` of 32 bytes each");
      return z.NEVER;
    }),
    /** A JWK set of Ed25519 private keys; the first one signs access tokens. */
    ACCESS_TOKEN_KEYS: signingKeys,
    /** The same for the checkpoints of the transparency logs. */
    CHECKPOINT_KEYS: signingKeys,
    /** The same for attestations, receipts and revocation lists. */
    STATEMENT_KEYS: signingKeys,
    /** What kind of installation this is: it stands inside every signature. */
    DEPLOYMENT: z.enum(deploymentKinds),
    EGRESS: z.enum(["public", "local"]).default("public"),
    DOH_URL: z.url().default("https://cloudflare-dns.com/dns-query"),
    ...paymentSettings,
    ...providerSettings,
  })
  .refine((settings) => settings.EGRESS === "public" || isLoopback(settings.DATABASE_ENDPOINT), {
    path: ["EGRESS"],
    message: "local is for an installation whose database is on loopback too",
  })
  .superRefine(({ EGRESS, X402_FACILITATOR_URL, X402_FACILITATOR_TOKEN, X402_NETWORKS }, context) => {
    const faults = findSettingFaults({ X402_FACILITATOR_URL, X402_FACILITATOR_TOKEN, X402_NETWORKS }, EGRESS);
    for (const name of faults) context.addIssue({ code: "custom", path: [name], message: "missing, or not to be called" });
  })
  .superRefine((settings, context) => {
    for (const name of findProviderFaults(settings)) context.addIssue({ code: "custom", path: [name], message: "missing" });
  });

const isLoopback = (url: string | undefined): boolean => url !== undefined && new URL(url).hostname === "127.0.0.1";

/** An Ed25519 key pair (RFC 8037). */
export type SigningJwk = { readonly kty: "OKP"; readonly crv: "Ed25519"; readonly x: string; readonly d: string };

export type Environment = {
  readonly bindings: Bindings;
  readonly databaseUrl: string;
  readonly databaseEndpoint: string | undefined;
  readonly publicOrigin: string;
  readonly apiKeyTagSecret: Uint8Array<ArrayBuffer>;
  readonly encryptionKeys: NonNullable<ReturnType<typeof parseKeyRing>>;
  readonly accessTokenKeys: readonly SigningJwk[];
  readonly checkpointKeys: readonly SigningJwk[];
  readonly statementKeys: readonly SigningJwk[];
  readonly deployment: DeploymentKind;
  readonly egress: "public" | "local";
  readonly dohUrl: string;
  /** How calls are paid for; undefined where nothing is for sale. */
  readonly payments: PaymentSettings | undefined;
  /** Who signs people in, who sells plans, and whose events are taken. */
  readonly providers: ProviderSettings;
};

export type EnvironmentFault = { readonly ok: false; readonly missing: readonly string[] };

const requiredBindings = [
  "GATE",
  "TRANSPARENCY_LOG",
  "SETTLEMENT",
  "PAYMENT_IDENTIFIER",
  "ROOM",
  "WEBHOOK_DELIVERER",
  "GRANT_LEDGER",
  "EVAL_RUN",
  "JUDGE_CALIBRATION",
  "FLOOD_GUARD",
  "ASSETS",
] as const;
const parsed = new WeakMap<Bindings, { ok: true; env: Environment } | EnvironmentFault>();

/** Reads the bindings once per isolate. What is missing is named by setting, never by value. */
export function parseEnvironment(bindings: Bindings): { ok: true; env: Environment } | EnvironmentFault {
  const known = parsed.get(bindings);
  if (known !== undefined) return known;
  const fresh = parse(bindings);
  parsed.set(bindings, fresh);
  return fresh;
}

/** For objects and workflows, which serve nobody without their settings. Throws, naming what is missing. */
export function requireEnvironment(bindings: Bindings): Environment {
  const read = parseEnvironment(bindings);
  if (!read.ok) throw new Error(`not configured: ${read.missing.join(", ")}`);
  return read.env;
}

function parse(bindings: Bindings): { ok: true; env: Environment } | EnvironmentFault {
  const missing = requiredBindings.filter((name) => !(name in bindings));
  const settings = Settings.safeParse(bindings);
  if (!settings.success)
    return { ok: false, missing: [...missing, ...new Set(settings.error.issues.map((issue) => String(issue.path[0])))] };
  if (missing.length > 0) return { ok: false, missing };
  const { data } = settings;
  return {
    ok: true,
    env: {
      bindings,
      databaseUrl: data.DATABASE_URL,
      databaseEndpoint: data.DATABASE_ENDPOINT,
      publicOrigin: data.PUBLIC_ORIGIN,
      apiKeyTagSecret: data.API_KEY_TAG_SECRET,
      encryptionKeys: data.ENCRYPTION_KEYS,
      accessTokenKeys: data.ACCESS_TOKEN_KEYS.keys,
      checkpointKeys: data.CHECKPOINT_KEYS.keys,
      statementKeys: data.STATEMENT_KEYS.keys,
      deployment: data.DEPLOYMENT,
      egress: data.EGRESS,
      dohUrl: data.DOH_URL,
      payments: paymentSettingsOf(data),
      providers: providerSettingsOf(data),
    },
  };
}
