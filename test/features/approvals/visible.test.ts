import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "../../../src/crypto/canonical-json.ts";
import { makeVisible } from "../../../src/features/approvals/visible.ts";

const at = (codePoint: number): string => String.fromCodePoint(codePoint);
const shownAs = (codePoint: number): string => `\\u{${codePoint.toString(16).toUpperCase()}}`;
const range = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, i) => first + i);

/** Named one by one, so that the test does not ask Unicode the same question as the code. */
const unseen: Readonly<Record<string, readonly number[]>> = {
  controls: [...range(0, 0x1f), ...range(0x7f, 0x9f)],
  "bidirectional controls": [0x061c, 0x200e, 0x200f, ...range(0x202a, 0x202e), ...range(0x2066, 0x2069)],
  "spaces of no width, and joiners": [0x200b, 0x200c, 0x200d, 0x2060, 0xfeff, 0x180e, 0x034f],
  "other spaces": [0xa0, 0x1680, ...range(0x2000, 0x200a), 0x202f, 0x205f, 0x3000],
  separators: [0x2028, 0x2029],
  tags: [0xe0001, ...range(0xe0020, 0xe007f)],
  "variation selectors": [...range(0xfe00, 0xfe0f), ...range(0xe0100, 0xe01ef), 0x180b, 0x180c, 0x180d, 0x180f],
  fillers: [0x115f, 0x1160, 0x3164, 0xffa0, 0x16fe4],
  "blank shapes": [0x2800, 0x1d159, 0x13441, 0x13442],
  "invisible operators and annotations": [...range(0x2061, 0x2064), ...range(0xfff9, 0xfffb), 0xad],
  "musical and shorthand controls": [...range(0x1bca0, 0x1bca3), ...range(0x1d173, 0x1d17a)],
  "vowels without a shape": [0x17b4, 0x17b5],
  "private, unassigned and no characters": [0xe000, 0xf0000, 0x0378, 0xfffe, 0xffff, 0x1ffff, 0x10ffff],
  "what is drawn over its neighbours": [0x0336, 0x0338, 0x20d2, 0x20dd, 0x20e5],
};

/** Texts that are full of what is marked, and of what its marks look like. */
const alike = fc.string({
  unit: fc.constantFrom(..."aplРраоοՕꓮ𝐩ａ２2৪ß検", "\u0301", "\u200b", " ", "-", '"', "\\", "u", "{", "}", "\n", "{Cyrillic}", "{430}"),
  maxLength: 12,
});
const anyText = fc.oneof(fc.string({ unit: "binary", maxLength: 60 }), alike.map(canonicalJson));

describe("what cannot be seen", () => {
  it.each(Object.keys(unseen))("is shown: %s", (name) => {
    for (const codePoint of unseen[name] ?? []) {
      const shown = makeVisible(`a${at(codePoint)}b`);
      expect(shown).toBe(`a${shownAs(codePoint)}b`);
    }
  });

  it("is shown where it is half of a pair", () => {
    expect(makeVisible("a\ud800b\udfff")).toBe("a\\u{D800}b\\u{DFFF}");
  });

  it("is not what people write", () => {
    for (const text of [
      "Pay 12,50 € to Zoë",
      "né",
      "Tiếng Việt",
      "हिन्दी क्षि",
      "ภาษาไทยที่",
      "עברית",
      "العربية",
      "日本語 한국어",
      "😀 → №1",
      'a"b\\c/{}[]',
      "Привет, мир",
      "Возврат со скидкой, а не обмен",
      "Ελλάδα ΑΘΗΝΑ",
      "Հայաստան",
      "ᏣᎳᎩ",
      "ＡＢＣ株式会社",
      "T細胞 カラオケBOX ㄅPM",
      "LG전자",
      "ซื้อiPhoneใหม่",
      "১২৪ টাকা",
      "1ª, 2º, 10 µm, 5 m²",
      "Łódź naïve",
    ])
      expect(makeVisible(text)).toBe(text);
  });

  it("is shown where marks stand on no letter, or in a heap", () => {
    const acute = at(0x301);
    expect(makeVisible(`"${acute}`)).toBe(`"${shownAs(0x301)}`);
    expect(makeVisible(`e${acute.repeat(5)}`)).toBe(`e${acute.repeat(3)}${shownAs(0x301).repeat(2)}`);
    expect(makeVisible(`e${at(0x200b)}${acute}`), "what was written out carries none").toBe(`e${shownAs(0x200b)}${shownAs(0x301)}`);
  });

  it.each([
    ["Latin and Cyrillic", "pаypаl", String.raw`p\u{430}yp\u{430}l`],
    ["Cyrillic and Latin", "pайффайзен", String.raw`p\u{430}\u{439}\u{444}\u{444}\u{430}\u{439}\u{437}\u{435}\u{43D}`],
    ["Latin and Greek", "gοοgle", String.raw`g\u{3BF}\u{3BF}gle`],
    ["Latin and Armenian", "gօld", String.raw`g\u{585}ld`],
    ["Latin and Cherokee", "Ꭺcme", String.raw`\u{13AA}cme`],
    ["Latin and Lisu", "ꓮcme", String.raw`\u{A4EE}cme`],
    ["Cyrillic and Greek", "москοв", String.raw`\u{43C}\u{43E}\u{441}\u{43A}\u{3BF}\u{432}`],
    ["a mark on what is written out", "pа́y", String.raw`p\u{430}\u{301}y`],
    ["Greek among Han", "検査α波", String.raw`検査\u{3B1}波`],
    ["letters of full width among others", "pａy", String.raw`p\u{FF41}y`],
    ["digits of full width among others", "1２3", String.raw`1\u{FF12}3`],
    ["another script's digits among ASCII's", "1৪", String.raw`1\u{9EA}`],
    ["mathematical letters", "𝐩ay 𝐩", String.raw`\u{1D429}ay \u{1D429}`],
    ["ligatures", "ﬁx", String.raw`\u{FB01}x`],
  ])("is not a letter that is taken for another: %s", (_, text, shown) => {
    expect(makeVisible(text)).toBe(shown);
  });

  it.each([
    ["АСМЕ", "Cyrillic"],
    ["сосо", "Cyrillic"],
    ["раура2", "Cyrillic"],
    ["ΑΒΒΑ", "Greek"],
    ["օսո", "Armenian"],
    ["ᎪᎷᎬ", "Cherokee"],
    ["ꓮꓚꓟꓰ", "Lisu"],
  ])("is not a word that only looks Latin: %s is followed by its script", (word, script) => {
    expect(makeVisible(`"${word}"`)).toBe(`"${word}\\{${script}}"`);
    expect(makeVisible(canonicalJson({ [word]: `to ${word}-7, please` }))).toBe(
      `{"${word}\\{${script}}":"to ${word}\\{${script}}-7, please"}`,
    );
  });

  it("knows one letter by itself for a word in prose alone", () => {
    expect(makeVisible('{"х":"у дома, а о нём"}')).toBe(String.raw`{"х\{Cyrillic}":"у дома, а о нём"}`);
    expect(makeVisible('"заказ А-1042"')).toBe(String.raw`"заказ А\{Cyrillic}-1042"`);
    expect(makeVisible('"pay 5О or 1О0 now"'), "with a digit it is no word").toBe(String.raw`"pay 5О\{Cyrillic} or 1О0\{Cyrillic} now"`);
  });

  it("does not take JSON's own letters for part of a word", () => {
    const text = canonicalJson("ja\nПривет\tΕλλάδα\u0001мир\\uпривет");
    expect(makeVisible(text)).toBe(text.replace("uпривет", String.raw`u\u{43F}\u{440}\u{438}\u{432}\u{435}\u{442}`));
  });

  it("marks a long text in a moment", () => {
    for (const piece of ["аb", "а", "а ", "𝐩", "á", "а\u0301", "検α"]) {
      const text = piece.repeat(32_768 / piece.length);
      const startedMs = performance.now();
      makeVisible(text);
      expect(performance.now() - startedMs, piece).toBeLessThan(500);
    }
  });

  it("leaves nothing unseen in any text, and nothing new", () => {
    const remains = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;
    fc.assert(
      fc.property(anyText, (text) => {
        const shown = makeVisible(text);
        expect(remains.test(shown)).toBe(false);
        expect(makeVisible(shown), "once is enough").toBe(shown);
      }),
    );
  });

  it("tells any two JSON values apart, also one that spells what we write", () => {
    /** Back from what is shown: a backslash of the text itself stands doubled in JSON. */
    const back = (shown: string): string =>
      shown.replaceAll(/\\u\{([0-9A-F]+)\}|\\\{\w+\}|\\./gs, (whole, hex?: string) =>
        hex !== undefined ? at(Number.parseInt(hex, 16)) : whole.startsWith("\\{") ? "" : whole,
      );
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue({ stringUnit: "binary" }), fc.dictionary(alike, alike)), (value) => {
        const text = canonicalJson(value);
        expect(back(makeVisible(text))).toBe(text);
      }),
    );
    const [hidden, spelled] = [canonicalJson({ to: "a\u202eb" }), canonicalJson({ to: "a\\u{202E}b" })];
    expect(makeVisible(hidden)).toBe(String.raw`{"to":"a\u{202E}b"}`);
    expect(makeVisible(spelled)).toBe(String.raw`{"to":"a\\u{202E}b"}`);
  });
});
