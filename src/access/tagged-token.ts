import { fromBase64Url, toBase64Url } from "../crypto/base64url.ts";
import { sha256 } from "../crypto/digest.ts";
import { toHex } from "../crypto/encoding.ts";
import { idPattern, newId, type Id } from "../platform/ids.ts";
import { equalInConstantTime, keyedTag } from "./api-key.ts";

/** What such a token is for. A tag of one purpose fits no other. */
export type TokenPurpose = "session" | "signInLink";

/** What a token says of itself, once its tag was found to be ours. Whether it still holds, whoever keeps the hash must say. */
export type TaggedClaim<P extends TokenPurpose> = {
  readonly id: Id<P>;
  readonly orgId: Id<"organization">;
  /** SHA-256 of the secret part, hex: all that is kept of it. */
  readonly secretHash: string;
};

const secretBytes = 32;
const hashOf = async (secret: Uint8Array<ArrayBuffer>): Promise<string> => toHex(await sha256(secret));

const tagOf = (tagKey: CryptoKey, purpose: TokenPurpose, stem: string): Promise<string> => keyedTag(tagKey, `armalo/${purpose}/1|${stem}`);

/** `<id>.<organization>.<256 random bits>.<tag>`, shown once; `tagKey` is the one of API keys (tag-key.ts). */
export async function newTaggedToken<P extends TokenPurpose>(
  tagKey: CryptoKey,
  purpose: P,
  orgId: string,
): Promise<TaggedClaim<P> & { readonly token: string }> {
  const secret = crypto.getRandomValues(new Uint8Array(secretBytes));
  const id = newId(purpose);
  const stem = `${id}.${orgId}.${toBase64Url(secret)}`;
  const token = `${stem}.${await tagOf(tagKey, purpose, stem)}`;
  return { id, orgId: asId("organization", orgId), secretHash: await hashOf(secret), token };
}

/** Checks form and tag by arithmetic alone; undefined for whatever this installation did not make, for that purpose. */
export async function readTaggedToken<P extends TokenPurpose>(
  tagKey: CryptoKey,
  purpose: P,
  token: string,
): Promise<TaggedClaim<P> | undefined> {
  const [id = "", orgId = "", secretText = "", tag, ...more] = token.split(".");
  if (tag === undefined || more.length > 0 || !idPattern(purpose).test(id) || !idPattern("organization").test(orgId)) return undefined;
  const secret = fromBase64Url(secretText);
  if (secret?.length !== secretBytes) return undefined;
  if (!equalInConstantTime(await tagOf(tagKey, purpose, `${id}.${orgId}.${secretText}`), tag)) return undefined;
  return { id: asId(purpose, id), orgId: asId("organization", orgId), secretHash: await hashOf(secret) };
}

/** The pattern, or whoever made it, has said that it is one. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
const asId = <P extends TokenPurpose | "organization">(_kind: P, text: string): Id<P> => text as Id<P>;
