import type { Environment } from "../env.ts";
import { newId, type Id } from "../platform/ids.ts";
import { equalInConstantTime, keyedTag } from "./api-key.ts";
import { tagKeyOf } from "./tag-key.ts";

const form = /^(chk_[0-9A-Za-z]{22})\.(org_[0-9A-Za-z]{22})\.([0-9A-Za-z]{22})$/;

/** 128 bits of an HMAC: whoever sells sees references, and must not be able to make one. */
const tagOf = async (env: Environment, checkoutId: string, orgId: string): Promise<string> =>
  keyedTag(await tagKeyOf(env), `armalo/checkout/1|${checkoutId}|${orgId}`, 16);

/** What a checkout carries through the seller and back: `<checkout>.<organization>.<tag>`. */
export async function newCheckoutReference(env: Environment, orgId: string): Promise<{ checkoutId: Id<"checkout">; reference: string }> {
  const checkoutId = newId("checkout");
  return { checkoutId, reference: `${checkoutId}.${orgId}.${await tagOf(env, checkoutId, orgId)}` };
}

/** The organization that a checkout was made for; undefined for what we did not make. */
export async function readCheckoutReference(env: Environment, reference: unknown): Promise<string | undefined> {
  if (typeof reference !== "string") return undefined;
  const [, checkoutId, orgId, tag] = form.exec(reference) ?? [];
  if (checkoutId === undefined || orgId === undefined || tag === undefined) return undefined;
  return equalInConstantTime(await tagOf(env, checkoutId, orgId), tag) ? orgId : undefined;
}
