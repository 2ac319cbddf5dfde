import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareDecimals, decimalOf, isMultipleOf, parseDecimal } from "../../src/expressions/decimal.ts";

const decimal = (text: string) => {
  const value = parseDecimal(text);
  if (value === undefined) throw new Error(text);
  return value;
};

describe("decimals", () => {
  it("tell apart what floating point cannot", () => {
    expect(compareDecimals(decimal("100"), decimal("100.00000000000000000001"))).toBe(-1);
    expect(compareDecimals(decimal("9007199254740993"), decimal("9007199254740992"))).toBe(1);
    expect(compareDecimals(decimal("1e2"), decimal("100.0"))).toBe(0);
    expect(compareDecimals(decimal("-0.5"), decimal("-0.50"))).toBe(0);
  });

  it("know exact multiples", () => {
    expect(isMultipleOf(decimal("0.3"), decimal("0.1"))).toBe(true);
    expect(isMultipleOf(decimal("19.99"), decimal("0.01"))).toBe(true);
    expect(isMultipleOf(decimal("0.35"), decimal("0.1"))).toBe(false);
    expect(isMultipleOf(decimal("1.7e308"), decimal("5e-324"))).toBe(true);
  });

  it.each(["", "-", ".5", "5.", "0x10", "1_000", "Infinity", "NaN", "1e9999", " 1", "1".repeat(65), "１"])(
    "are not read from %j",
    (text) => {
      expect(parseDecimal(text)).toBeUndefined();
    },
  );

  it("order numbers as numbers are ordered", () => {
    const number = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(number, number, (a, b) => {
        const [left, right] = [decimalOf(a), decimalOf(b)];
        if (left === undefined || right === undefined) throw new Error("a number has a decimal");
        expect(Math.sign(compareDecimals(left, right))).toBe(a < b ? -1 : a > b ? 1 : 0);
      }),
    );
  });
});
