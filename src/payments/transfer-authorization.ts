import { secp256k1 } from "@noble/curves/secp256k1.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";

type Hex = `0x${string}`;
/** The EIP-712 domain of a token. */
export type TokenDomain = { readonly name: string; readonly version: string; readonly chainId: number; readonly verifyingContract: Hex };
/** What a payer signs (EIP-3009). `value` is a decimal uint256; times are seconds since 1970. */
export type TransferAuthorization = {
  readonly from: Hex;
  readonly to: Hex;
  readonly value: string;
  readonly validAfter: number;
  readonly validBefore: number;
  readonly nonce: Hex;
};

const typeHash = (type: string): Uint8Array => keccak_256(utf8ToBytes(type));
const types = {
  domain: "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)",
  transfer: "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)",
} as const;

const unprefixed = (hex: Hex): string => hex.slice(2);
/** Addresses and numbers stand right in their 32 bytes. */
const word = (hex: string): Uint8Array => hexToBytes(hex.padStart(64, "0"));
const numberWord = (value: number | string): Uint8Array => word(BigInt(value).toString(16));
const text = (value: string): Uint8Array => keccak_256(utf8ToBytes(value));

/** The EIP-712 digest of an EIP-3009 `TransferWithAuthorization`: 32 bytes. */
export function authorizationDigest(domain: TokenDomain, authorization: TransferAuthorization): Uint8Array {
  const separator = keccak_256(
    concatBytes(
      typeHash(types.domain),
      text(domain.name),
      text(domain.version),
      numberWord(domain.chainId),
      word(unprefixed(domain.verifyingContract)),
    ),
  );
  const message = keccak_256(
    concatBytes(
      typeHash(types.transfer),
      word(unprefixed(authorization.from)),
      word(unprefixed(authorization.to)),
      numberWord(authorization.value),
      numberWord(authorization.validAfter),
      numberWord(authorization.validBefore),
      word(unprefixed(authorization.nonce)),
    ),
  );
  return keccak_256(concatBytes(Uint8Array.of(0x19, 0x01), separator, message));
}

/**
 * Whose signature over a digest this is, in lower case; undefined where it is none that the token would take: 65 bytes r ‖ s ‖ v, `v` 27 or
 * 28, `s` in the lower half of the order (EIP-2, as ECRecover of FiatToken demands).
 */
export function signerOf(digest: Uint8Array, signature: Hex): Hex | undefined {
  const bytes = hexToBytes(unprefixed(signature));
  const v = bytes[64];
  if (bytes.length !== 65 || (v !== 27 && v !== 28)) return undefined;
  try {
    const parsed = secp256k1.Signature.fromBytes(bytes.subarray(0, 64), "compact");
    if (parsed.hasHighS()) return undefined;
    const point = parsed
      .addRecoveryBit(v - 27)
      .recoverPublicKey(digest)
      .toBytes(false);
    return `0x${bytesToHex(keccak_256(point.subarray(1)).subarray(12))}`;
  } catch {
    // Numbers out of range, or a point that is not on the curve.
    return undefined;
  }
}
