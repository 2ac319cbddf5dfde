import type { JsonValue } from "../crypto/canonical-json.ts";
import { utf8 } from "../crypto/encoding.ts";
import { isJsonObject, memberOf, type JsonObject } from "../expressions/json.ts";
import { tryJson } from "../http/read-body.ts";

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

/** The data of each complete event of a stream (WHATWG HTML, 9.2.6): an event ends with an empty line. */
function eventsOf(text: string): readonly string[] {
  const lines = text.replace(/^\ufeff/, "").split(/\r\n|\n|\r/);
  const events: string[] = [];
  let data: string[] = [];
  for (const line of lines.slice(0, -1)) {
    if (line === "") {
      if (data.length > 0) events.push(data.join("\n"));
      data = [];
    } else if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
  }
  return events;
}

/** The response to a request in what a server answered: one JSON message, or one of the events of a stream. */
export function findResponse(contentType: string, body: Uint8Array, id: number): RpcResponse | undefined {
  if (!/^text\/event-stream\b/i.test(contentType)) return readResponse(tryJson(Uint8Array.from(body)), id);
  for (const data of eventsOf(new TextDecoder().decode(body))) {
    const response = readResponse(tryJson(utf8(data)), id);
    if (response !== undefined) return response;
  }
  return undefined;
}
