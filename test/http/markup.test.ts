import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { escapeMarkup, markup } from "../../src/http/markup.ts";

const anyText = fc.string({ unit: "binary", maxLength: 60 });

describe("markup", () => {
  it("holds no character of a text by which it could leave its place", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(escapeMarkup(text)).not.toMatch(/[<>"']|&(?!(amp|lt|gt|quot|#39);)/);
      }),
    );
  });

  it("gives back the same text, but for what XML cannot hold", () => {
    const entities: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };
    fc.assert(
      fc.property(anyText, (text) => {
        const read = escapeMarkup(text).replaceAll(/&([^;]+);/g, (_, name: string) => entities[name] ?? "");
        // oxlint-disable-next-line no-control-regex -- the characters that XML 1.0 has no way to write
        expect(read).toBe(text.toWellFormed().replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd"));
      }),
    );
  });

  it("escapes what is put into it once, and takes over what is markup already, one or many", () => {
    const items = ["<a>", "b"].map((text) => markup`<li>${text}</li>`);
    expect(markup`<ul class="${'"x"'}">${items}</ul>${7}`.text).toBe('<ul class="&quot;x&quot;"><li>&lt;a&gt;</li><li>b</li></ul>7');
  });
});
