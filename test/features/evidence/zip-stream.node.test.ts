import { unzipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { zipStream, type ZipEntry } from "../../../src/features/evidence/zip-stream.ts";

async function* pieces(...texts: string[]): AsyncGenerator<string> {
  yield* texts;
}
async function* files(count: number, text = "some text"): AsyncGenerator<ZipEntry> {
  for (let at = 0; at < count; at += 1) yield { name: `${at}.txt`, content: pieces(text, text) };
}
const read = async (stream: ReadableStream<Uint8Array>): Promise<Record<string, Uint8Array>> =>
  unzipSync(new Uint8Array(await new Response(stream).arrayBuffer()));
const now = new Date("2026-11-22T00:00:00.000Z");

describe("a streamed archive", () => {
  it("opens with every file whole", async () => {
    const opened = await read(zipStream(files(3), now));
    expect(Object.entries(opened).map(([name, bytes]) => [name, new TextDecoder().decode(bytes)])).toEqual(
      ["0.txt", "1.txt", "2.txt"].map((name) => [name, "some textsome text"]),
    );
  });

  it("breaks off where its directory could not count what is in it", async () => {
    const limits = { files: 3, bytes: 1_000 };
    await expect(read(zipStream(files(3), now, limits))).resolves.toHaveProperty(["2.txt"]);
    await expect(read(zipStream(files(4), now, limits))).rejects.toThrow("as many files");
    await expect(read(zipStream(files(1, "a".repeat(501)), now, limits))).rejects.toThrow("as large");
    const random = Array.from({ length: 450 }, () => String.fromCharCode(33 + Math.floor(Math.random() * 90))).join("");
    await expect(read(zipStream(files(3, random), now, limits))).rejects.toThrow("as large");
  });
});
