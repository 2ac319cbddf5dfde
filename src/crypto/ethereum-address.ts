import { keccak_256 } from "@noble/hashes/sha3.js";
import { toHex, utf8 } from "./encoding.ts";

/** The form of an Ethereum address that carries its own checksum (EIP-55), or undefined where the text is no address. */
export function checksumAddress(address: string): string | undefined {
  if (!/^0x[0-9a-fA-F]{40}$/.test(address)) return undefined;
  const digits = address.slice(2).toLowerCase();
  const hash = toHex(keccak_256(utf8(digits)));
  return `0x${Array.from(digits, (digit, i) => (Number.parseInt(hash.charAt(i), 16) >= 8 ? digit.toUpperCase() : digit)).join("")}`;
}

/** Whether an address is written with the right checksum: one in lower case says nothing of its own typing errors. */
export const hasChecksum = (address: string): boolean => checksumAddress(address) === address;
