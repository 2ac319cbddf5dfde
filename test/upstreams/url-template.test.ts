import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expandTemplate, readTemplate } from "../../src/upstreams/url-template.ts";

const text = "https://api.shop.com/v1/orders/{orderId}/lines/{line}?fixed=1&note={note}&page={page}";
const templateOf = (source: string) => {
  const read = readTemplate(source);
  if (!read.ok) throw new Error(read.detail);
  return read.template;
};
const template = templateOf(text);

/** What somebody would try who wants another host, path or parameter; and any text at all. */
const hostile = fc.oneof(
  fc.constantFrom(
    "..",
    ".",
    "%2e%2e",
    "../admin",
    "a/../../b",
    "//evil.com",
    "@evil.com",
    "\\evil.com",
    "a?x=1",
    "a&admin=1",
    "a#b",
    "a;b",
    "%00",
    "\r\nHost: evil.com",
    "{note}",
    "\u202e",
    "a%2Fb",
  ),
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.string({ maxLength: 40 }),
  fc.double(),
  fc.boolean(),
);

describe("a URL template", () => {
  it("keeps host, path structure and parameters, whatever the arguments say", () => {
    fc.assert(
      fc.property(hostile, hostile, hostile, hostile, (orderId, line, note, page) => {
        const expanded = expandTemplate(template, { orderId, line, note, page });
        if (!expanded.ok) return;
        const url = new URL(expanded.url);
        expect(url.href).toBe(expanded.url);
        expect(url.origin).toBe("https://api.shop.com");
        const segments = url.pathname.split("/");
        expect(segments).toHaveLength(6);
        expect([segments[1], segments[2], segments[4]]).toEqual(["v1", "orders", "lines"]);
        expect([segments[3], segments[5]].map((part) => decodeURIComponent(part ?? ""))).toEqual([String(orderId), String(line)]);
        expect([...url.searchParams]).toEqual([
          ["fixed", "1"],
          ["note", String(note)],
          ["page", String(page)],
        ]);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each(["", ".", ".."])("never has %j as a segment", (orderId) => {
    expect(expandTemplate(template, { orderId, line: 1, note: "", page: 1 }).ok).toBe(false);
  });

  it.each([[null], [["a"]], [{ a: 1 }], ["half \ud800"], [Number.NaN], [Number.POSITIVE_INFINITY]])(
    "takes no %j, in the path or the query",
    (value) => {
      expect(expandTemplate(template, { orderId: value, line: 1 }).ok).toBe(false);
      expect(expandTemplate(template, { orderId: 1, line: 1, note: value }).ok).toBe(false);
      expect(expandTemplate(template, { orderId: 1, line: 1, note: "a" }).ok).toBe(true);
    },
  );

  it("leaves out a parameter whose argument is left out, and needs all of its path", () => {
    expect(expandTemplate(template, { orderId: "a", line: 2, page: 3 })).toEqual({
      ok: true,
      url: "https://api.shop.com/v1/orders/a/lines/2?fixed=1&page=3",
    });
    expect(expandTemplate(template, { orderId: "a" }).ok).toBe(false);
    expect(expandTemplate(templateOf("https://api.shop.com/search?q={q}"), {})).toEqual({ ok: true, url: "https://api.shop.com/search" });
  });

  it("does not take what an object inherits for an argument", () => {
    expect(expandTemplate(templateOf("https://api.shop.com/{constructor}?a={toString}"), { constructor: "x" })).toEqual({
      ok: true,
      url: "https://api.shop.com/x",
    });
    expect(expandTemplate(templateOf("https://api.shop.com/{toString}"), {}).ok).toBe(false);
  });

  it("is refused where it would be longer than what we call", () => {
    expect(expandTemplate(template, { orderId: "a".repeat(2_000), line: 1 }).ok).toBe(true);
    expect(expandTemplate(template, { orderId: "a".repeat(2_100), line: 1 }).ok).toBe(false);
  });

  it.each([
    "{scheme}://api.shop.com/",
    "https://{host}/a",
    "https://{sub}.shop.com/a",
    "https://api.shop.com:{port}/a",
    "https://api.shop.com",
    "https://api.shop.com{path}",
    "https://api.shop.com/a{id}",
    "https://api.shop.com/{id}.json",
    "https://api.shop.com/{a}{b}",
    "https://api.shop.com/{+path}",
    "https://api.shop.com/{/path}",
    "https://api.shop.com/{?q}",
    "https://api.shop.com/{a,b}",
    "https://api.shop.com/{a:3}",
    "https://api.shop.com/{a*}",
    "https://api.shop.com/a?{q}",
    "https://api.shop.com/a?{name}=1",
    "https://api.shop.com/a?q={a}{b}",
    "https://api.shop.com/a?q=x{a}",
    "https://api.shop.com/a?q",
    "https://api.shop.com/a?",
    "https://api.shop.com/a#b",
    "https://api.shop.com/a#{b}",
    "https://api.shop.com/a//b",
    "https://api.shop.com/a/../b",
    "https://api.shop.com/a/%2E%2e/b",
    "https://api.shop.com/./b",
    "https://api.shop.com\\@evil.com/a",
    "https://api.shop.com/a b",
    "https://API.shop.com/a",
    "https://api.shop.com:443/a",
    "ftp://api.shop.com/a",
    "/a/{b}",
    "",
  ])("cannot be %s", (source) => {
    expect(readTemplate(source).ok).toBe(false);
  });

  it.each([
    "https://api.shop.com/",
    "https://api.shop.com/a/",
    "https://user:pass@api.shop.com/a",
    "http://127.0.0.1:8080/a/{id}",
    "https://api.shop.com/a%20b/{id}?a=b%20c&d={d}",
  ])("can be %s, as far as its form goes", (source) => {
    expect(readTemplate(source).ok).toBe(true);
  });
});
