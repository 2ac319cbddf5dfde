import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toBase64, toHex, utf8 } from "../../src/crypto/encoding.ts";
import type { JsonValue } from "../../src/crypto/canonical-json.ts";
import { redactorOf } from "../../src/upstreams/redact.ts";

/** What a credential may be: printable ASCII, without spaces around it. */
const credential = fc
  .string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)), minLength: 8, maxLength: 64 })
  .filter((text) => text.trim() === text && new Set(text).size > 4);

const percent = (text: string): string => [...utf8(text)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
const entities = (text: string): string => [...text].map((char) => `&#x${char.charCodeAt(0).toString(16)};`).join("");
const unicode = (text: string): string => [...text].map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`).join("");
const html = (text: string): string => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
const base64Url = (text: string): string => toBase64(utf8(text)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const quoted = (text: string): string => JSON.stringify(text).slice(1, -1);

const encodings: Readonly<Record<string, (text: string) => string>> = {
  plain: (text) => text,
  upper: (text) => text.toUpperCase(),
  lower: (text) => text.toLowerCase(),
  url: encodeURIComponent,
  form: (text) => new URLSearchParams([["a", text]]).toString().slice(2),
  percent,
  "percent twice": (text) => percent(percent(text)),
  json: quoted,
  "json twice": (text) => quoted(quoted(text)),
  "json three times": (text) => quoted(quoted(quoted(text))),
  unicode,
  html,
  entities,
  hex: (text) => toHex(utf8(text)),
  HEX: (text) => toHex(utf8(text)).toUpperCase(),
  base64: (text) => toBase64(utf8(text)),
  "base64 in a URL": (text) => encodeURIComponent(toBase64(utf8(text))),
  base64Url,
  "base64 behind one byte": (text) => toBase64(utf8(`x${text}y`)),
  "base64 behind two bytes": (text) => base64Url(`xy${text}zzz`),
  "base64 of a header": (text) => toBase64(utf8(`authorization: Bearer ${text}\r\n`)),
  "base64 in lines": (text) => toBase64(utf8(text)).replace(/.{10}/g, "$&\r\n"),
  "url in json": (text) => quoted(encodeURIComponent(text)),
  "json in url": (text) => encodeURIComponent(quoted(text)),
  "json in base64": (text) => toBase64(utf8(JSON.stringify({ token: text }))),
  "json with its slashes escaped in base64": (text) => toBase64(utf8(quoted(text).replaceAll("/", "\\/"))),
  "url in base64": (text) => base64Url(`?key=${encodeURIComponent(text)}`),
};

describe.each(Object.entries(encodings))("a credential that is echoed (%s)", (_name, encode) => {
  it("is taken out of texts, names, lists and depths, and nothing else is", () => {
    fc.assert(
      fc.property(credential, (secret) => {
        const redact = redactorOf(secret);
        const echoed = encode(secret);
        const value: JsonValue = { plain: "kept", [`a ${echoed} b`]: [{ deep: `<${echoed}>` }, 1, null, true] };
        const shown = JSON.stringify(redact(value));
        expect(shown).toContain("[redacted]");
        expect(shown).toContain("kept");
        const left = shown.toLowerCase();
        expect(left).not.toContain(JSON.stringify(echoed).slice(1, -1).toLowerCase());
        expect(JSON.stringify(redact(JSON.parse(shown)))).toBe(shown);
      }),
      { numRuns: 60 },
    );
  });
});

describe("redaction", () => {
  it("leaves what does not hold the credential as it is", () => {
    fc.assert(
      fc.property(credential, fc.jsonValue(), (secret, value) => {
        const text = JSON.stringify(value);
        if (text.length < secret.length) expect(redactorOf(secret)(JSON.parse(text))).toEqual(JSON.parse(text));
      }),
    );
    expect(redactorOf(null)({ a: "b" })).toEqual({ a: "b" });
  });

  it("takes a number that is the credential for it", () => {
    expect(redactorOf("12345678")({ account: 12345678, other: 1234567 })).toEqual({ account: "[redacted]", other: 1234567 });
  });

  it("takes out every occurrence, and what two of them share", () => {
    expect(redactorOf("abcabcabc")("abcabcabcabcabcabc, abcabcabc.")).toBe("[redacted][redacted], [redacted].");
    expect(redactorOf("12345678", "")("12345678 12345678")).toBe("[redacted] [redacted]");
  });

  it("takes out of Basic authentication what it says, and the password alone", () => {
    const redact = redactorOf(toBase64(utf8("shop:correct horse")), "Basic ");
    expect(redact(["shop:correct horse", "correct horse", base64Url("correct horse"), "shop", base64Url("shop:correct horse")])).toEqual([
      "[redacted]",
      "[redacted]",
      "[redacted]",
      "shop",
      "[redacted]",
    ]);
  });

  it.each([
    ["Bearer sk_0123456789abcdef", "", ["sk_0123456789abcdef"]],
    ["sk_0123456789abcdef", "Token token=", ["sk_0123456789abcdef"]],
    ['Token token="sk_0123456789abcdef", nonce="def"', "", ["sk_0123456789abcdef"]],
    ["sid=0123456789abcdef; theme=dark", "", ["0123456789abcdef"]],
    [`Basic ${toBase64(utf8("shop:correct horse"))}`, "", [toBase64(utf8("shop:correct horse")), "shop:correct horse", "correct horse"]],
    [`basic   ${toBase64(utf8("shop:correct horse"))}`, "", ["shop:correct horse", "correct horse"]],
  ])("takes out what is secret in %s, wherever its scheme was written", (credential, prefix, secrets) => {
    const redact = redactorOf(credential, prefix);
    for (const secret of secrets)
      for (const echoed of [secret, toBase64(utf8(secret)), encodeURIComponent(secret), toHex(utf8(secret))])
        expect(redact({ said: `<${echoed.replace(/=+$/, "")}>` }), echoed).toEqual({ said: "<[redacted]>" });
    expect(redact(["Bearer", "Basic", "Token", "token=", "theme", "dark", "nonce"])).toEqual([
      ...["Bearer", "Basic", "Token", "token=", "theme", "dark", "nonce"],
    ]);
  });

  it("leaves the user's name of Basic authentication where it is, however long", () => {
    const redact = redactorOf(toBase64(utf8("shop-service@example.com:correct horse")), "Basic ");
    expect(redact({ owner: "shop-service@example.com", said: "shop-service@example.com:correct horse" })).toEqual({
      owner: "shop-service@example.com",
      said: "[redacted]",
    });
  });

  it("takes out what is left of one that was cut, anywhere, as long as that is half of it", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(..."abcdefghijklmnopqrstuvwxyz0123456789_"), minLength: 24, maxLength: 64 }),
        fc.double({ min: 0.55, max: 1, noNaN: true }),
        fc.constantFrom<(text: string) => string>(
          (text) => text,
          encodeURIComponent,
          (text) => toHex(utf8(text)),
          base64Url,
        ),
        (secret, share, encode) => {
          const redact = redactorOf(secret, "Bearer ");
          const echoed = encode(secret);
          const kept = Math.ceil(echoed.length * share);
          const [head, tail] = [echoed.slice(0, kept), echoed.slice(-kept)];
          for (const part of [head, tail]) expect(JSON.stringify(redact(`<${part}…`))).not.toContain(part.slice(2, -2));
          expect(redact(`<${secret.slice(0, 11)}`), "less than that says little").toBe(`<${secret.slice(0, 11)}`);
        },
      ),
    );
  });

  it("keeps a member that is named __proto__ a member", () => {
    const value: JsonValue = JSON.parse('{"__proto__": {"a": "secret-value"}}');
    expect(JSON.stringify(redactorOf("secret-value")(value))).toBe('{"__proto__":{"a":"[redacted]"}}');
  });

  it("takes well under a second for the largest answer, whatever is in it", () => {
    const secret = "sk_live_0123456789";
    for (const piece of [secret, "sk_live_0123", "a", "%25", "\\\\", "&amp;", "a b ", "%5Cu0025 &#37;25", "sk_live_012345678", "\\u0025"]) {
      const text = piece.repeat(Math.floor(65_536 / piece.length));
      const startedMs = performance.now();
      redactorOf(secret)(text);
      expect(performance.now() - startedMs).toBeLessThan(1_000);
    }
  });

  it("knows what Basic says in UTF-8 as well as in ISO 8859-1", () => {
    for (const [pair, credential] of [
      ["shop:pässwörter", btoa(String.fromCharCode(...new TextEncoder().encode("shop:pässwörter")))],
      ["shop:pässwörter", btoa("shop:pässwörter")],
    ] as const) {
      const redact = redactorOf(credential, "Basic ");
      expect(redact({ pair, password: "pässwörter" })).toEqual({ pair: "[redacted]", password: "[redacted]" });
    }
  });
});
