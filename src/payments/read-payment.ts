import { canonicalJson, parseJson, type JsonValue } from "../crypto/canonical-json.ts";
import { sha256 } from "../crypto/digest.ts";
import { readBase64, toHex } from "../crypto/encoding.ts";
import { PaymentPayload, type PaymentRequirements, type PresentedPayment } from "./payment.ts";
import type { PaymentSettings } from "./settings.ts";

export type ReadPayment =
  | { readonly ok: true; readonly payment: PresentedPayment }
  | { readonly ok: false; readonly reason: "malformed" | "no_match" | "bad_signature"; readonly detail: string };

const refuse = (reason: "malformed" | "no_match" | "bad_signature", detail: string): ReadPayment => ({ ok: false, reason, detail });

/** What a payment says in base64: far more than one needs, and far less than a Worker takes as a header. */
const longestHeader = 16_384;

/**
 * Reads a PAYMENT-SIGNATURE header (x402 v2): its form, that it accepts one of the requirements that were offered, and that its payer
 * signed just that. Nothing is looked up. Whether its time has come or gone is asked when it is presented: a stored answer or a credit
 * outlives it. Contract wallets (EIP-1271) are refused as `bad_signature`.
 */
export async function readPayment(
  header: string,
  offered: readonly PaymentRequirements[],
  settings: PaymentSettings,
): Promise<ReadPayment> {
  const bytes = header.length > longestHeader ? undefined : readBase64(header.trim());
  const json = bytes === undefined ? undefined : parseJson(bytes);
  const parsed = PaymentPayload.safeParse(json);
  if (bytes === undefined || !parsed.success) return refuse("malformed", parsed.error?.issues[0]?.path.join(".") ?? "not base64");
  const { accepted, payload, resource, extensions } = parsed.data;
  const requirements = offered.find((one) => sameTerms(one, accepted));
  const token = settings.networks.find((one) => one.network === requirements?.network && sameHex(one.asset, requirements.asset));
  if (requirements === undefined || token === undefined) return refuse("no_match", "accepts nothing that was offered");
  const { authorization, signature } = payload;
  if (!sameHex(authorization.to, accepted.payTo)) return refuse("no_match", "another receiver");
  if (authorization.value !== accepted.amount) return refuse("no_match", "another amount");
  if (authorization.validAfter >= authorization.validBefore) return refuse("no_match", "never valid");
  const domain = {
    name: token.assetName,
    version: token.assetVersion,
    chainId: chainIdOf(token.network),
    verifyingContract: token.asset,
  };
  // Read by the first payment: the curve and what it computes are nothing that every start should wait for.
  const { authorizationDigest, signerOf } = await import("./transfer-authorization.ts");
  if (signerOf(authorizationDigest(domain, authorization), signature) !== lower(authorization.from))
    return refuse("bad_signature", "not signed by its payer");
  const identifier = extensions?.["payment-identifier"]?.info.id;
  return {
    ok: true,
    payment: {
      network: token.network,
      asset: lower(token.asset),
      payer: lower(authorization.from),
      nonce: lower(authorization.nonce),
      amount: accepted.amount,
      payTo: lower(accepted.payTo),
      validAfter: authorization.validAfter,
      validBefore: authorization.validBefore,
      payload: new TextDecoder().decode(bytes),
      payloadDigest: toHex(await sha256(bytes)),
      requirements,
      isOffered: accepted.amount === requirements.amount && sameHex(accepted.payTo, requirements.payTo),
      ...(resource === undefined ? {} : { resource: resource.url }),
      ...(identifier === undefined ? {} : { identifier }),
    },
  };
}

type Hex = `0x${string}`;
const lower = (hex: Hex): Hex => `0x${hex.slice(2).toLowerCase()}`;
const sameHex = (left: Hex, right: Hex): boolean => lower(left) === lower(right);

const chainIdOf = (network: `eip155:${number}`): number => Number(network.slice("eip155:".length));

/** Member for member what was offered, whatever the case of its addresses; how much and to whom is another question. */
function sameTerms(offered: PaymentRequirements, { amount, payTo, ...accepted }: PaymentRequirements): boolean {
  const terms = termsOf({ ...accepted, amount, payTo });
  return terms !== undefined && terms === termsOf({ ...offered, amount, payTo });
}

/** JSON can spell what has no canonical form (half a surrogate pair): that equals nothing of ours. */
function termsOf(terms: PaymentRequirements): string | undefined {
  try {
    const plain: JsonValue = JSON.parse(JSON.stringify({ ...terms, asset: lower(terms.asset), payTo: lower(terms.payTo) }));
    return canonicalJson(plain);
  } catch {
    return undefined;
  }
}
