import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findPii, isCardNumber, isIban, judgePii } from "../../../../src/features/evals/checks/pii.ts";
import { piiKinds } from "../../../../src/features/evals/expectation.ts";
import { observe } from "./observation.ts";

const find = (text: string) => findPii(text, piiKinds);

describe("findPii", () => {
  it.each([
    ["email", "Write to jane.doe+x@mail.acme.co.uk today"],
    ["email", "<j@acme.io>"],
    ["email", "müller@bücher.de"],
    ["phone", "Call +49 (30) 1234-5678"],
    ["phone", "Call (212) 555-0187."],
    ["phone", "Call 212-555-0187"],
    ["card", "Card 4242 4242 4242 4242, thanks"],
    ["card", "5555-5555-5555-4444"],
    ["card", "378282246310005"],
    ["ssn", "SSN: 536-22-8726"],
    ["iban", "DE89 3704 0044 0532 0130 00"],
    ["iban", "GB29NWBK60161331926819"],
  ])("finds %s in %j", (kind, text) => {
    expect(find(text)).toContain(kind);
  });

  it.each([
    "Write to support@acme.com or no-reply@acme.com",
    "for example jane@example.com",
    "not an address: a@b",
    "Order 1234567890123456 is on its way", // fails Luhn
    "4242 4242 4242 4241",
    "Version 1.2.3, released 2026-11-21 at 10:30",
    "Area 000-12-3456, 666-12-3456, 900-12-3456, 123-00-4567, 123-45-0000",
    "GB29NWBK60161331926818",
    "Reference 0190-1234-5678-9012-ABCD",
    "It costs 1,250,000 euro and 30 percent",
    "id 018f3c1e-7b2a-7c3d-9e4f-5a6b7c8d9e0f",
  ])("finds nothing in %j", (text) => {
    expect(find(text)).toEqual([]);
  });

  it("lets what is allowed appear, however it is written", () => {
    expect(findPii("Call +49 30 1234 5678", piiKinds, ["+49-30-12345678"])).toEqual([]);
    expect(findPii("Jane.Doe@acme.com and x@acme.com", ["email"], ["jane.doe@acme.com"])).toEqual(["email"]);
  });

  it("looks for no other kinds than it is asked to", () => {
    expect(findPii("jane@acme.com 536-22-8726", ["ssn"])).toEqual(["ssn"]);
  });

  it("names the kind that leaked and never the value", () => {
    const judged = judgePii(
      { kind: "pii", kinds: ["email"], allow: [], required: false, weight: 1, dimension: "safety" },
      observe("jane@acme.com"),
    );
    expect(judged).toEqual({ status: "fail", reason: "email_found" });
  });

  it("stays fast on texts made to be slow", () => {
    const hostile = [
      "a".repeat(65_000),
      "a.".repeat(32_000),
      "1 ".repeat(32_000),
      `a@${"a.".repeat(32_000)}`,
      "+1 ".repeat(21_000),
      "AB12".repeat(16_000),
    ];
    const startedMs = performance.now();
    for (const text of hostile) find(text);
    expect(performance.now() - startedMs).toBeLessThan(3000);
  });
});

describe("check digits", () => {
  it("accept no card number with one digit changed", () => {
    const change = fc.tuple(fc.nat(15), fc.integer({ min: 1, max: 9 }));
    fc.assert(
      fc.property(change, ([at, by]) => {
        const digits = [..."4242424242424242"];
        digits[at] = String((Number(digits[at]) + by) % 10);
        return !isCardNumber(digits.join(""));
      }),
    );
  });

  it("accept no IBAN with one digit changed", () => {
    const change = fc.tuple(fc.integer({ min: 2, max: 21 }), fc.integer({ min: 1, max: 9 }));
    fc.assert(
      fc.property(change, ([at, by]) => {
        const chars = [..."DE89370400440532013000"];
        chars[at] = String((Number(chars[at]) + by) % 10);
        return !isIban(chars.join(""));
      }),
    );
  });
});
