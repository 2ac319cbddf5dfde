const timestampBytes = 8;

/** What a witness signs: when it saw the checkpoint, in seconds since 1970, and the checkpoint's whole text (C2SP tlog-cosignature). */
export const cosignedMessage = (checkpointText: string, seconds: number): string => `cosignature/v1\ntime ${seconds}\n${checkpointText}`;

/** The bytes that follow the key id in a witness's line: the time, big-endian, and the Ed25519 signature. */
export function cosignatureBytes(seconds: number, signature: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(timestampBytes + signature.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(seconds));
  bytes.set(signature, timestampBytes);
  return bytes;
}

/** Takes a witness's line apart; undefined where it is too short or its time is not a safe integer. */
export function readCosignature(
  checkpointText: string,
  bytes: Uint8Array<ArrayBuffer>,
): { readonly message: string; readonly signature: Uint8Array<ArrayBuffer>; readonly witnessedAt: number } | undefined {
  if (bytes.length <= timestampBytes) return undefined;
  const witnessedAt = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0));
  if (!Number.isSafeInteger(witnessedAt)) return undefined;
  return { message: cosignedMessage(checkpointText, witnessedAt), signature: bytes.slice(timestampBytes), witnessedAt };
}
