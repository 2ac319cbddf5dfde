import type { AsyncFlateStreamHandler } from "fflate";

/** A file of the archive; its content comes piece by piece, when the reader is ready for it. */
export type ZipEntry = { readonly name: string; readonly content: AsyncIterable<string> };

/** What a ZIP archive without ZIP64 can hold. More would be counted wrong in its directory: files would be missing without a word. */
const zipLimits = { files: 65_535, bytes: 2 ** 32 - 1 };

/** Deflate's effort: three quarters of what the most would save, in a tenth of the time. */
const level = 3;

/** Streams a ZIP archive without ever holding a whole file of it. A failure on the way breaks the stream off, so that the archive does not open. */
export function zipStream(entries: AsyncIterable<ZipEntry>, modifiedAt: Date, limits = zipLimits): ReadableStream<Uint8Array> {
  const waiting: Uint8Array[] = [];
  let failure: Error | null = null;
  let bytes = 0;
  const take: AsyncFlateStreamHandler = (error, chunk) => {
    bytes += chunk.length;
    failure ??= bytes > limits.bytes ? new Error("a ZIP archive cannot be as large") : error;
    if (chunk.length > 0) waiting.push(chunk);
  };
  const steps = addAll(take, entries, modifiedAt, limits);
  return new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      while (waiting.length === 0) {
        const { done } = await steps.next();
        if (failure !== null) throw failure;
        if (done === true && waiting.length === 0) return controller.close();
      }
      for (const chunk of waiting.splice(0)) controller.enqueue(chunk);
    },
    cancel: async () => void (await steps.return(undefined)),
  });
}

async function* addAll(
  take: AsyncFlateStreamHandler,
  entries: AsyncIterable<ZipEntry>,
  mtime: Date,
  limits: typeof zipLimits,
): AsyncGenerator<undefined, undefined> {
  // The library computes its tables when it is read: at the first archive, not at every start.
  const { Zip, ZipDeflate } = await import("./deflate.ts");
  const zip = new Zip(take);
  const utf8 = new TextEncoder();
  let files = 0;
  for await (const { name, content } of entries) {
    files += 1;
    if (files > limits.files) throw new Error("a ZIP archive cannot hold as many files");
    const file = new ZipDeflate(name, { level });
    file.mtime = mtime;
    zip.add(file);
    let bytes = 0;
    for await (const piece of content) {
      const encoded = utf8.encode(piece);
      bytes += encoded.length;
      if (bytes > limits.bytes) throw new Error("a file of a ZIP archive cannot be as large");
      file.push(encoded);
      yield undefined;
    }
    file.push(new Uint8Array(0), true);
    yield undefined;
  }
  zip.end();
  return undefined;
}
