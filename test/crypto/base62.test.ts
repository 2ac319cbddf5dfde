import fc from "fast-check";
import { expect, it } from "vitest";
import { encodeBase62 } from "../../src/crypto/base62.ts";

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Ours, read back: digit by digit, as anybody would. */
const decode = (text: string): bigint => [...text].reduce((value, digit) => value * 62n + BigInt(alphabet.indexOf(digit)), 0n);
const numberOf = (bytes: Uint8Array): bigint => bytes.reduce((value, byte) => value * 256n + BigInt(byte), 0n);

it("writes the number that the bytes are, whatever their length, padded and no longer than it must be", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(60), (bytes, width) => {
      const text = encodeBase62(bytes, width);
      expect(decode(text)).toBe(numberOf(bytes));
      expect(text.length > width ? text.startsWith("0") : text.length !== width).toBe(false);
    }),
  );
});

it("keeps the order of bytes of one length", () => {
  const pair = fc.nat(24).chain((length) => fc.tuple(...[0, 1].map(() => fc.uint8Array({ minLength: length, maxLength: length }))));
  fc.assert(
    fc.property(pair, ([a = new Uint8Array(), b = new Uint8Array()]) => {
      const [x, y] = [encodeBase62(a, 40), encodeBase62(b, 40)];
      expect(x < y).toBe(numberOf(a) < numberOf(b));
    }),
  );
});

it("is known: zero, one, and the largest UUID", () => {
  expect(encodeBase62(new Uint8Array(16), 22)).toBe("0".repeat(22));
  expect(encodeBase62(Uint8Array.of(62), 0)).toBe("10");
  expect(encodeBase62(new Uint8Array(16).fill(255), 22)).toBe("7n42DGM5Tflk9n8mt7Fhc7");
});
