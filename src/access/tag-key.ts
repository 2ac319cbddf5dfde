import type { Environment } from "../env.ts";
import { importTagKey } from "./api-key.ts";

const tagKeys = new WeakMap<Environment, CryptoKey>();

/** The key that tags API keys, imported once per isolate. */
export async function tagKeyOf(env: Environment): Promise<CryptoKey> {
  const known = tagKeys.get(env);
  if (known !== undefined) return known;
  const key = await importTagKey(env.apiKeyTagSecret);
  tagKeys.set(env, key);
  return key;
}
