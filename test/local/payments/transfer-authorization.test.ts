import fc from "fast-check";
import { hashTypedData, type Hex } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { describe, expect, it } from "vitest";
import { authorizationDigest, signerOf } from "../../../src/payments/transfer-authorization.ts";
import { authorizationTypes } from "./pay.ts";

const hexOf = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((bytes): Hex => `0x${Buffer.from(bytes).toString("hex")}`);
const domain = fc.record({
  name: fc.string({ maxLength: 40 }),
  version: fc.string({ maxLength: 5 }),
  chainId: fc.integer({ min: 1, max: 2 ** 31 }),
  verifyingContract: hexOf(20),
});
const authorization = fc.record({
  from: hexOf(20),
  to: hexOf(20),
  value: fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }).map(String),
  validAfter: fc.nat(),
  validBefore: fc.integer({ min: 0, max: 999_999_999_999_999 }),
  nonce: hexOf(32),
});

describe("an authorization, beside viem", () => {
  it("has the same EIP-712 digest, and the same signer", async () => {
    await fc.assert(
      fc.asyncProperty(domain, authorization, async (token, given) => {
        const account = privateKeyToAccount(generatePrivateKey());
        const message = {
          ...given,
          value: BigInt(given.value),
          validAfter: BigInt(given.validAfter),
          validBefore: BigInt(given.validBefore),
        };
        const typed = { domain: token, types: authorizationTypes, primaryType: "TransferWithAuthorization", message } as const;
        const digest = authorizationDigest(token, given);
        expect(`0x${Buffer.from(digest).toString("hex")}`).toBe(hashTypedData(typed));
        expect(signerOf(digest, await account.signTypedData(typed))).toBe(account.address.toLowerCase());
      }),
      { numRuns: 50 },
    );
  });
});
