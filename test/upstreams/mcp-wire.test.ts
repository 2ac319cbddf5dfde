import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concatBytes, utf8 } from "../../src/crypto/encoding.ts";
import { findResponse, watchForResponse } from "../../src/upstreams/mcp-wire.ts";

const stream = "text/event-stream";
const response = JSON.stringify({ jsonrpc: "2.0", id: 1, result: { text: "ä€😀" } });
const lines = ["\n", "\r\n", "\r"].flatMap((end) => [
  `data: ${response}${end}${end}`,
  `: wait${end}`,
  `data: 1${end}${end}`,
  `data: {${end}`,
  end,
]);

/** Cut after each of so many bytes, over and over. */
function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += pieces.at(-1)?.length ?? 1) {
    pieces.push(bytes.subarray(at, at + (sizes[pieces.length % sizes.length] ?? 1)));
  }
  return pieces;
}

describe("a stream of events", () => {
  it("is found to hold the response, however it is cut, as soon as that has come", () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...lines), { maxLength: 12 }), sizes, (parts, cuts) => {
        const pieces = cut(utf8(parts.join("")), cuts);
        const watch = watchForResponse(1);
        const at = pieces.findIndex((piece) => watch(piece));
        const firstWith = pieces.findIndex((_, index) => findResponse(stream, concatBytes(...pieces.slice(0, index + 1)), 1) !== undefined);
        expect(at).toBe(firstWith);
      }),
    );
  });

  it("is looked at once, however small its pieces: 256 KiB byte by byte", () => {
    const watch = watchForResponse(1);
    const event = utf8("data:1\n\n");
    const endless = Array.from({ length: 262_144 }, (_, at) => event.subarray(at % event.length, (at % event.length) + 1));
    expect(endless.some(watch)).toBe(false);
    expect(watch(utf8(`\n\ndata: ${response}\n\n`))).toBe(true);
  });
});
