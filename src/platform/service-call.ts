import { parseJson, type JsonValue } from "../crypto/canonical-json.ts";
import { exchange, type ExchangeFailure } from "./exchange.ts";

export type ServiceAnswer =
  /** `json` is undefined where the body is none. */
  | { readonly ok: true; readonly status: number; readonly json: JsonValue | undefined }
  | { readonly ok: false; readonly reason: ExchangeFailure };

type Service = { readonly url: string; readonly token?: string | undefined; readonly timeoutMs: number };

/** Asks a service that the operator has set, with JSON for JSON. Its URL comes from the settings, never from a tenant or a caller: those go through egress.ts. */
export async function callService({ url, token, timeoutMs }: Service, body: JsonValue): Promise<ServiceAnswer> {
  const headers = { "content-type": "application/json", ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) };
  const answer = await exchange(new URL(url), { method: "POST", headers, body: JSON.stringify(body) }, { timeoutMs });
  return answer.ok ? { ok: true, status: answer.status, json: parseJson(answer.body) } : { ok: false, reason: answer.reason };
}
