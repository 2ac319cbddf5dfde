import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { providers } from "../../src/providers/provider.ts";
import { verifyDelivery } from "../../src/providers/verify-delivery.ts";
import { readSeconds } from "../../src/providers/signatures/presented.ts";
import { signedHeaders } from "../support/sign-as-provider.ts";
import { bytes, judge, signedAt, vectors, withSecrets, type Delivery } from "./deliveries.ts";
import { otherSecret, signatureHeader, tamperings } from "./tamper.ts";

const after = (seconds: number): Date => new Date(signedAt.getTime() + seconds * 1000);

describe.each(vectors)("a known delivery of $title", (vector) => {
  it("is taken, with its bytes as they came", async () => {
    const env = withSecrets(vector.provider, vector.secrets);
    const delivery = await verifyDelivery(env, vector.provider, vector.headers, vector.body, vector.now);
    const deliveryId = vector.headers.get("svix-id") ?? vector.headers.get("webhook-id");
    expect(delivery).toEqual({ provider: vector.provider, deliveryId, signedAt, body: vector.body });
  });

  it("is taken with the clock 300 s off, either way, and with the older of two secrets", async () => {
    expect(await judge({ ...vector, now: after(300) })).toBe("taken");
    expect(await judge({ ...vector, now: after(-300) })).toBe("taken");
    expect(await judge({ ...vector, secrets: [otherSecret(vector), ...vector.secrets] })).toBe("taken");
  });

  const tampered = Object.entries(tamperings).flatMap(([title, tamper]) => {
    const delivery = tamper(vector);
    return delivery === undefined ? [] : [{ title, delivery }];
  });
  it.each(tampered)("is refused with $title", async ({ delivery }) => {
    expect(spell(delivery), "the tampering changes something").not.toBe(spell(vector));
    expect(await judge(delivery)).toBe("bad_signature");
  });

  it("is refused as every other provider's, and with another's header in place of its own", async () => {
    for (const provider of providers.filter((other) => other !== vector.provider)) {
      // Long enough for each of them, and of the form that Clerk's has to have.
      const secret = provider === "inngest" ? `signkey-prod-${"ab".repeat(32)}` : "plJ3nmyCDGBKInavdOK15jsl";
      expect(await judge({ ...vector, provider, secrets: [secret] })).toBe("bad_signature");
    }
    for (const name of ["svix-signature", "webhook-signature", "stripe-signature", "x-whop-signature", "x-inngest-signature"]) {
      const own = signatureHeader(vector);
      if (name === own) continue;
      const headers = new Headers(vector.headers);
      headers.set(name, headers.get(own) ?? "");
      headers.delete(own);
      expect(await judge({ ...vector, headers }), name).toBe("bad_signature");
    }
  });

  it("cannot be judged without a secret", async () => {
    expect(await judge({ ...vector, secrets: [] })).toBe("not_configured");
  });

  it("is refused once a proxy has written its JSON anew, unless canonical JSON is what is signed", async () => {
    if (vector.body.length === 0) return;
    const rewritten = JSON.stringify(JSON.parse(new TextDecoder().decode(vector.body)), undefined, 1);
    const verdict = await judge({ ...vector, body: bytes(rewritten) });
    expect(verdict).toBe(vector.provider === "inngest" ? "taken" : "bad_signature");
  });
});

const spell = ({ headers, body, now, secrets }: Delivery): string => JSON.stringify([[...headers], [...body], now, secrets]);

describe("a list of signatures", () => {
  it("is taken where one of them fits, whatever its place, beside those of other schemes", async () => {
    const [clerk, stripe] = [vectors.find(({ provider }) => provider === "clerk"), vectors.find(({ provider }) => provider === "stripe")];
    if (clerk === undefined || stripe === undefined) throw new Error("a vector is missing");
    const wrong = { base64: btoa("x".repeat(32)), hex: "0".repeat(64) };
    const lists = (good: string): string[] => [`v1,${wrong.base64} ${good}`, `${good} v1,${wrong.base64}`, `v1a,AAAA ${good} v2,BBBB`];
    for (const list of lists(clerk.headers.get("svix-signature") ?? "")) {
      const headers = new Headers(clerk.headers);
      headers.set("svix-signature", list);
      expect(await judge({ ...clerk, headers }), list).toBe("taken");
    }
    const good = stripe.headers.get("stripe-signature") ?? "";
    for (const list of [good.replace("v1=", `v1=${wrong.hex},v1=`), `${good},v1=${wrong.hex}`, `${good},v0=${wrong.hex}`]) {
      expect(await judge({ ...stripe, headers: new Headers({ "stripe-signature": list }) }), list).toBe("taken");
    }
  });
});

const secretOf = {
  clerk: fc.uint8Array({ minLength: 16, maxLength: 64 }).map((key) => `whsec_${btoa(String.fromCharCode(...key))}`),
  whop: fc.stringMatching(/^ws_[0-9a-f]{32}$/),
  stripe: fc.stringMatching(/^whsec_[A-Za-z0-9]{24,40}$/),
  inngest: fc.stringMatching(/^signkey-prod-[0-9a-f]{64}$/),
};

describe.each(providers)("whatever %s signs", (provider) => {
  const signed = fc
    .record({
      secret: secretOf[provider],
      raw: fc.json({ maxDepth: 3 }).map((json) => `{"value":${json}}`),
      id: fc.stringMatching(/^msg_[A-Za-z0-9]{1,40}$/),
      seconds: fc.integer({ min: 1_000_000_000, max: 4_000_000_000 }),
      offMs: fc.integer({ min: -300_000, max: 300_000 }),
    })
    .filter(({ raw }) => raw.isWellFormed());

  it("is taken within 300 s, and refused with any bit of it changed", async () => {
    await fc.assert(
      fc.asyncProperty(signed, fc.nat(), async ({ secret, raw, id, seconds, offMs }, at) => {
        const headers = new Headers(await signedHeaders(provider, raw, { id, at: new Date(seconds * 1000), secret }));
        const now = new Date(seconds * 1000 + offMs);
        const delivery: Delivery = { provider, secrets: [secret], headers, body: bytes(raw), now };
        expect(await judge(delivery)).toBe("taken");
        const bit = at % (delivery.body.length * 8);
        const body = delivery.body.map((byte, index) => (index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
        // A space that becomes no character of JSON, or a changed digit's fraction, may spell the same value: canonical JSON signs values.
        if (provider === "inngest" && sameValue(body, delivery.body)) return;
        expect(await judge({ ...delivery, body })).toBe("bad_signature");
      }),
      { numRuns: 60 },
    );
  });

  it("is refused beyond 300 s, either way", async () => {
    await fc.assert(
      fc.asyncProperty(
        signed,
        fc.integer({ min: 300_001, max: 10_000_000_000 }),
        fc.boolean(),
        async ({ secret, raw, id, seconds }, offMs, late) => {
          const headers = new Headers(await signedHeaders(provider, raw, { id, at: new Date(seconds * 1000), secret }));
          const now = new Date(seconds * 1000 + (late ? offMs : -offMs));
          expect(await judge({ provider, secrets: [secret], headers, body: bytes(raw), now })).toBe("bad_signature");
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe("a time", () => {
  it("has one spelling, so that what is signed cannot be split in another place", () => {
    expect(readSeconds("1731705121")).toBe(1_731_705_121);
    for (const text of [
      "01731705121",
      "0",
      "",
      " 1731705121",
      "+1731705121",
      "1e9",
      "1731705121.0",
      "1".repeat(13),
      "１７３１７０５１２１",
    ])
      expect(readSeconds(text), text).toBeUndefined();
  });
});

describe("what is signed rightly, and could be read in two ways", () => {
  it("is refused: an id that runs into the time behind it, or that two headers make, and a number before a time", async () => {
    const secret = `whsec_${btoa("0123456789abcdef01234567")}`;
    for (const id of ["msg.1", "msg_1, msg_1", "msg 1", "m".repeat(257)]) {
      const headers = new Headers(await signedHeaders("clerk", "{}", { id, at: signedAt, secret }));
      expect(await judge({ provider: "clerk", secrets: [secret], headers, body: bytes("{}"), now: signedAt }), id).toBe("bad_signature");
    }
    const key = `signkey-prod-${"ab".repeat(32)}`;
    for (const raw of ["1", '"a"', "null"]) {
      const headers = new Headers(await signedHeaders("inngest", raw, { at: signedAt, secret: key }));
      expect(await judge({ provider: "inngest", secrets: [key], headers, body: bytes(raw), now: signedAt }), raw).toBe("bad_signature");
    }
  });
});

describe("whatever nobody signed", () => {
  it("is refused, whatever stands in the headers", async () => {
    const names = ["svix", "webhook"].flatMap((prefix) => [`${prefix}-id`, `${prefix}-timestamp`, `${prefix}-signature`]);
    const printable = fc.stringMatching(/^[\x21-\x7e]{1,80}$/);
    const anyHeaders = fc.dictionary(fc.constantFrom(...names, "stripe-signature", "x-whop-signature", "x-inngest-signature"), printable);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...vectors), anyHeaders, async (vector, headers) => {
        expect(await judge({ ...vector, headers: new Headers(headers) })).toBe("bad_signature");
      }),
      { numRuns: 200 },
    );
  });

  it("is refused where the body is no JSON that can be signed canonically", async () => {
    const inngest = vectors.find(({ provider }) => provider === "inngest");
    if (inngest === undefined) throw new Error("a vector is missing");
    for (const raw of ["{", "1", '"a"', "null", "\u00ff", '{"a":"\\ud800"}', "[".repeat(100_000), "[".repeat(40) + "]".repeat(40)]) {
      expect(await judge({ ...inngest, body: bytes(raw) }), raw.slice(0, 20)).toBe("bad_signature");
    }
    expect(await judge({ ...inngest, body: new Uint8Array([0x7b, 0xff, 0x7d]) })).toBe("bad_signature");
  });
});

function sameValue(one: Uint8Array, other: Uint8Array): boolean {
  try {
    const [a, b] = [one, other].map((body) =>
      JSON.stringify(JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body))),
    );
    return a === b;
  } catch {
    return false;
  }
}
