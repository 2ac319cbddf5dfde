import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checksumAddress, hasChecksum } from "../../src/crypto/ethereum-address.ts";

describe("a wallet address", () => {
  // The examples of EIP-55.
  it.each([
    "0x52908400098527886E0F7030069857D2E4169EE7",
    "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
    "0xde709f2102306220921060314715629080e2fb77",
    "0x27b1fdb04752bbc536007a920d24acb045561c26",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
  ])("%s carries its checksum", (address) => {
    expect(hasChecksum(address)).toBe(true);
    expect(checksumAddress(address.toLowerCase())).toBe(address);
  });

  it.each([
    "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe",
    "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed00",
    "0x",
    "",
  ])("is not %j", (address) => {
    expect(hasChecksum(address)).toBe(false);
  });

  it("does not survive a letter in the wrong case", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), fc.nat({ max: 39 }), (bytes, at) => {
        const address = checksumAddress(`0x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`) ?? "";
        const digit = address.charAt(at + 2);
        const flipped = digit === digit.toLowerCase() ? digit.toUpperCase() : digit.toLowerCase();
        expect(hasChecksum(address)).toBe(true);
        if (flipped !== digit) expect(hasChecksum(address.slice(0, at + 2) + flipped + address.slice(at + 3))).toBe(false);
      }),
    );
  });
});
