import { and, desc, eq, gt, isNull, or, type SQL } from "drizzle-orm";
import { fromBase64, toBase64 } from "../crypto/encoding.ts";
import type { SealedBox } from "../crypto/sealed-box.ts";
import { webhookSecrets } from "../db/schema/webhooks.ts";
import type { ScopedDb } from "../db/tenant-db.ts";
import { formatPublicKey, formatSecret, importEd25519Key, importHmacKey, type WebhookScheme, type WebhookSigner } from "./sign.ts";

type SecretRow = typeof webhookSecrets.$inferSelect;
type NewSecretRow = Omit<SecretRow, "orgId">;
/** What a signer is opened from. A row with a public key is an Ed25519 key pair, one without it an HMAC key. */
type SealedSecret = Pick<SecretRow, "orgId" | "endpointId" | "version" | "sealedSecret" | "publicKey">;

/** A secret as it is kept, and as it is shown: once, or for a key pair never, because its public half verifies. */
export type NewSecret = { readonly row: NewSecretRow; readonly shown: string | null };

const hmacBytes = 32;
const placeOf = (endpointId: string, version: number) => ({ table: "webhook_secrets", row: `${endpointId}.${version}`, field: "secret" });

/** A new secret of 256 random bits, or a new Ed25519 key pair, sealed for the organization, the endpoint and the version. */
export async function newEndpointSecret(
  box: SealedBox,
  endpoint: { readonly id: string; readonly scheme: WebhookScheme },
  version: number,
  now: Date,
): Promise<NewSecret> {
  const { raw, publicKey, shown } = await (endpoint.scheme === "v1" ? newHmacSecret() : newKeyPair());
  const sealedSecret = await box.seal(placeOf(endpoint.id, version), toBase64(raw));
  return { row: { endpointId: endpoint.id, version, sealedSecret, publicKey, signsUntil: null, createdAt: now }, shown };
}

type Generated = { readonly raw: Uint8Array<ArrayBuffer>; readonly publicKey: string | null; readonly shown: string | null };

function newHmacSecret(): Generated {
  const raw = crypto.getRandomValues(new Uint8Array(hmacBytes));
  return { raw, publicKey: null, shown: formatSecret(raw) };
}

async function newKeyPair(): Promise<Generated> {
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  if (!("privateKey" in pair)) throw new TypeError("Ed25519 makes a pair");
  const [raw, point] = await Promise.all([bytesOf("pkcs8", pair.privateKey), bytesOf("raw", pair.publicKey)]);
  return { raw, publicKey: toBase64(point), shown: null };
}

async function bytesOf(format: "pkcs8" | "raw", key: CryptoKey): Promise<Uint8Array<ArrayBuffer>> {
  const exported = await crypto.subtle.exportKey(format, key);
  if (!(exported instanceof ArrayBuffer)) throw new TypeError("not bytes");
  return new Uint8Array(exported);
}

/** What may be shown of a secret at any time. */
export type ShownSecret = Pick<SecretRow, "version" | "publicKey" | "signsUntil">;

/** A key pair's public half as receivers are shown it; null for a shared secret. */
export const shownPublicKey = ({ publicKey }: Pick<SecretRow, "publicKey">): string | null =>
  publicKey === null ? null : formatPublicKey(fromBase64(publicKey));

/** The secrets that sign at this moment: the newest, and for 24 hours after a rotation the one before it. */
export const signsAt = (now: Date): SQL | undefined => or(isNull(webhookSecrets.signsUntil), gt(webhookSecrets.signsUntil, now));

/** What an endpoint's deliveries are signed with at this moment, the newest first. */
export const selectSigningSecrets = ({ orm, orgId }: ScopedDb, endpointId: string, now: Date) =>
  orm
    .select()
    .from(webhookSecrets)
    .where(and(eq(webhookSecrets.orgId, orgId), eq(webhookSecrets.endpointId, endpointId), signsAt(now)))
    .orderBy(desc(webhookSecrets.version));

/** Secrets that this isolate has opened, by what they were opened from: to open one costs more than to sign. */
const opened = new Map<string, WebhookSigner>();
const mostOpened = 200;

/** Secrets ready to sign, in the order given. Throws where one was altered, or is of another endpoint, version or organization. */
export const openSigners = (box: SealedBox, rows: readonly SealedSecret[]): Promise<readonly WebhookSigner[]> =>
  Promise.all(rows.map((row) => openSigner(box, row)));

async function openSigner(box: SealedBox, row: SealedSecret): Promise<WebhookSigner> {
  const { orgId, endpointId, version, sealedSecret, publicKey } = row;
  const source = [orgId, endpointId, version, sealedSecret, publicKey].join("|");
  const signer = opened.get(source) ?? (await unseal(box, row));
  opened.delete(source);
  opened.set(source, signer);
  const [oldest] = opened.keys();
  if (opened.size > mostOpened && oldest !== undefined) opened.delete(oldest);
  return signer;
}

async function unseal(box: SealedBox, { endpointId, version, sealedSecret, publicKey }: SealedSecret): Promise<WebhookSigner> {
  const raw = fromBase64(await box.open(placeOf(endpointId, version), sealedSecret));
  return publicKey === null ? { scheme: "v1", key: await importHmacKey(raw) } : { scheme: "v1a", key: await importEd25519Key(raw) };
}
