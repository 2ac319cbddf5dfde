import { importJWK } from "jose";
import { z } from "zod";
import { problem } from "../http/problem.ts";
import { callService } from "../platform/service-call.ts";

/** How long the keys are taken for the issuer's without asking again, and how long where the issuer cannot be asked. */
const freshForMs = 10 * 60_000;
const keptForMs = 60 * 60_000;
/** The least time between two questions: an unknown key is not asked after with each request. */
const askEveryMs = 60_000;
/** The same while nothing was read yet, and how many may ask at once then. */
const retryMs = 5000;
const mostAsking = 8;
const timeoutMs = 3000;

const Jwks = z.object({
  keys: z.array(z.looseObject({ kty: z.string(), kid: z.string().optional(), use: z.string().optional() })).max(50),
});

/** The keys that an issuer signs with (RFC 7517), read over the network once, and again when a signature names one that is not there. */
export class IssuerKeys {
  readonly #url: string;
  #keys: ReadonlyMap<string, CryptoKey> = new Map();
  /** Milliseconds since 1970; nothing was read yet. */
  #readAt = -Infinity;
  #askedAt = -Infinity;
  /** When the questions that were not answered yet were asked. */
  readonly #asking = new Set<{ readonly at: number }>();

  constructor(url: string) {
    this.#url = url;
  }

  /** The key of the name, or undefined where the issuer has none such. Throws 503 where that cannot be known. */
  async find(kid: string, nowMs: number): Promise<CryptoKey | undefined> {
    const known = this.#keys.get(kid);
    if (known !== undefined && this.#readAt > nowMs - freshForMs) return known;
    if (this.#mayAsk(nowMs)) await this.#ask(nowMs);
    // Whether the issuer has it is known only where its last answer came after the last question.
    if (this.#readAt < this.#askedAt && !(this.#keys.has(kid) && this.#readAt > nowMs - keptForMs))
      throw problem("unavailable", "the identity provider's keys cannot be read");
    return this.#keys.get(kid);
  }

  /**
   * With nothing in hand more than one asks: a question of another request may never be answered to this one. Nor does a request that its
   * caller left ever say that its question has ended: after the time that one may take, it has.
   */
  #mayAsk(nowMs: number): boolean {
    if (this.#keys.size > 0) return this.#askedAt <= nowMs - askEveryMs;
    for (const question of this.#asking) if (question.at <= nowMs - timeoutMs) this.#asking.delete(question);
    return this.#asking.size > 0 ? this.#asking.size < mostAsking : this.#askedAt <= nowMs - retryMs;
  }

  async #ask(nowMs: number): Promise<void> {
    this.#askedAt = nowMs;
    const question = { at: nowMs };
    this.#asking.add(question);
    try {
      const answer = await callService({ url: this.#url, method: "GET", timeoutMs });
      const read = answer.ok && answer.status === 200 ? Jwks.safeParse(answer.json) : undefined;
      if (read?.success !== true) return;
      this.#keys = await importKeys(read.data.keys);
      this.#readAt = nowMs;
    } finally {
      this.#asking.delete(question);
    }
  }
}

/** RSA keys for RS256, and nothing else: what a token says of its algorithm is not asked. */
async function importKeys(jwks: z.output<typeof Jwks>["keys"]): Promise<ReadonlyMap<string, CryptoKey>> {
  const keys = new Map<string, CryptoKey>();
  for (const { kty, kid, use, n, e } of jwks) {
    if (kty !== "RSA" || kid === undefined || (use ?? "sig") !== "sig" || typeof n !== "string" || typeof e !== "string") continue;
    const key = await importJWK({ kty, n, e }, "RS256").catch(() => undefined);
    if (key instanceof CryptoKey) keys.set(kid, key);
  }
  return keys;
}
