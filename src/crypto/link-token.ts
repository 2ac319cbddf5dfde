import { encodeBase62 } from "./base62.ts";

/** A secret that opens what it stands for to whoever holds it: 32 random bytes in base62. Only its SHA-256 is kept. */
export const newLinkToken = (): string => encodeBase62(crypto.getRandomValues(new Uint8Array(32)), 43);

/** What such a secret looks like, for schemas. */
export const linkTokenPattern = /^[0-9A-Za-z]{43}$/;
