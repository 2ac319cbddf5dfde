import { keccak_256 } from "@noble/hashes/sha3.js";
import { describe, expect, it } from "vitest";
import { toHex, utf8 } from "../../src/crypto/encoding.ts";
import { paymentIn, topics, word, type ReceiptLog } from "../../src/payments/payment-log.ts";

const [asset, payer, payTo, other] = ["a", "b", "c", "d"].map((digit) => `0x${digit.repeat(40)}`) as [string, string, string, string];
const nonce = `0x${"e".repeat(64)}`;
const terms = { asset, payer, payTo, nonce, amount: "1000" };
const used = (by = payer, of = nonce, address = asset): ReceiptLog => ({
  address,
  topics: [topics.authorizationUsed, word(by), of],
  data: "0x",
});
const cancelled: ReceiptLog = { address: asset, topics: [topics.authorizationCanceled, word(payer), nonce], data: "0x" };
const moved = (from = payer, to = payTo, amount = 1000, address = asset): ReceiptLog => ({
  address,
  topics: [topics.transfer, word(from), word(to)],
  data: `0x${amount.toString(16).padStart(64, "0")}`,
});

describe("the logs of a transaction", () => {
  it("are read by the topics that the contracts' own signatures give", () => {
    const keccak = (text: string): string => `0x${toHex(keccak_256(utf8(text)))}`;
    expect(topics).toEqual({
      authorizationUsed: keccak("AuthorizationUsed(address,bytes32)"),
      authorizationCanceled: keccak("AuthorizationCanceled(address,bytes32)"),
      transfer: keccak("Transfer(address,address,uint256)"),
      authorizationState: keccak("authorizationState(address,bytes32)").slice(2, 10),
    });
  });

  it("show a payment where the token used the authorization and moved the amount to us next", () => {
    expect(paymentIn([used(), moved()], terms)).toBe("paid");
    expect(paymentIn([moved(other, other), used(payer, nonce, other), used(), moved(other, other, 1, other), moved()], terms)).toBe("paid");
    expect(paymentIn([{ ...used(), address: asset.toUpperCase().replace("0X", "0x") }, moved()], terms)).toBe("paid");
  });

  it("show no payment of ours in another token, of another payer or nonce, or in what was cancelled", () => {
    expect(paymentIn([], terms)).toBe("absent");
    expect(paymentIn([used(payer, nonce, other), moved(payer, payTo, 1000, other)], terms)).toBe("absent");
    expect(paymentIn([used(other), moved(other)], terms)).toBe("absent");
    expect(paymentIn([used(payer, `0x${"f".repeat(64)}`), moved()], terms)).toBe("absent");
    expect(paymentIn([moved()], terms)).toBe("absent");
    expect(paymentIn([cancelled, moved()], terms)).toBe("spent");
  });

  it("show that it was used for something else: another receiver, another amount, or nothing", () => {
    for (const next of [moved(payer, other), moved(payer, payTo, 999), moved(other), moved(payer, payTo, 1000, other)])
      expect(paymentIn([used(), next], terms)).toBe("spent");
    expect(paymentIn([used()], terms)).toBe("spent");
  });

  it("count a transfer for the authorization that it followed, and for no other one of the same transaction", () => {
    const second = `0x${"f".repeat(64)}`;
    const logs = [used(), moved(payer, payer), used(payer, second), moved()];
    expect(paymentIn(logs, terms)).toBe("spent");
    expect(paymentIn(logs, { ...terms, nonce: second })).toBe("paid");
  });
});
