const table = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** CRC-32 (ISO-HDLC, as in RFC 1952) of an ASCII text, as 4 big-endian bytes. */
export function crc32(ascii: string): Uint8Array<ArrayBuffer> {
  let crc = 0xffffffff;
  for (let at = 0; at < ascii.length; at += 1) crc = (crc >>> 8) ^ (table[(crc ^ ascii.charCodeAt(at)) & 0xff] ?? 0);
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, ~crc >>> 0);
  return bytes;
}
