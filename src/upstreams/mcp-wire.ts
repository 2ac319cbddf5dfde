import type { JsonValue } from "../crypto/canonical-json.ts";
import { utf8 } from "../crypto/encoding.ts";
import { isJsonObject, memberOf, type JsonObject } from "../expressions/json.ts";
import { tryJson } from "../expressions/read-json.ts";

/** A response of JSON-RPC 2.0, to the request of this id. */
export type RpcResponse =
  | { readonly ok: true; readonly result: JsonObject }
  | { readonly ok: false; readonly code: number; readonly message: string };

/** Undefined where the value is no response to that request: servers send notifications and requests of their own in between. */
function readResponse(value: JsonValue | undefined, id: number): RpcResponse | undefined {
  if (!isJsonObject(value) || memberOf(value, "id") !== id) return undefined;
  const [result, error] = [memberOf(value, "result"), memberOf(value, "error")];
  if (isJsonObject(result)) return { ok: true, result };
  if (!isJsonObject(error)) return undefined;
  const [code, message] = [memberOf(error, "code"), memberOf(error, "message")];
  return { ok: false, code: typeof code === "number" ? code : 0, message: typeof message === "string" ? message : "" };
}

/** Takes a stream piece by piece, and gives the data of each event that a piece completes (WHATWG HTML, 9.2.6): an event ends with an empty line. */
function eventReader(): (piece: string) => readonly string[] {
  let line = "";
  let data: string[] = [];
  let endedInReturn = false;
  return (piece) => {
    // A line that ends with CR LF ends once, also where the two come apart.
    const [first = "", ...more] = (endedInReturn && piece.startsWith("\n") ? piece.slice(1) : piece).split(/\r\n|\n|\r/);
    if (piece !== "") endedInReturn = piece.endsWith("\r");
    const events: string[] = [];
    line += first;
    for (const next of more) {
      if (line === "") {
        if (data.length > 0) events.push(data.join("\n"));
        data = [];
      } else if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
      line = next;
    }
    return events;
  };
}

/**
 * Watches a stream, piece by piece, for the response to a request: true as soon as it is there. Each byte is looked at once, however small the
 * pieces: who answers chooses them.
 */
export function watchForResponse(id: number): (piece: Uint8Array) => boolean {
  const decoder = new TextDecoder();
  const read = eventReader();
  return (piece) => read(decoder.decode(piece, { stream: true })).some((data) => readResponse(tryJson(utf8(data)), id) !== undefined);
}

/** The response to a request in what a server answered: one JSON message, or one of the events of a stream. */
export function findResponse(contentType: string, body: Uint8Array, id: number): RpcResponse | undefined {
  if (!/^text\/event-stream\b/i.test(contentType)) return readResponse(tryJson(body), id);
  for (const data of eventReader()(new TextDecoder().decode(body))) {
    const response = readResponse(tryJson(utf8(data)), id);
    if (response !== undefined) return response;
  }
  return undefined;
}
