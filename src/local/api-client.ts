import { setTimeout as sleep } from "node:timers/promises";
import type { z } from "zod";
import { PlainFailure } from "./plain-failure.ts";

export type ApiClient = {
  /** Calls the running server. Where it is just busy, it is asked again for a while; anything else that fails ends the command. */
  call<T>(
    method: "GET" | "POST" | "PATCH" | "DELETE",
    path: string,
    answer: z.ZodType<T>,
    body?: unknown,
    idempotencyKey?: string,
  ): Promise<T>;
};

/** Longer than the gate holds a request open whose caller was killed before the end (access/idempotency.ts). */
const patienceMs = 90_000;

/** As the holder of a key. */
export const openApi = (url: string, apiKey: string): ApiClient => openApiAs(url, { authorization: `Bearer ${apiKey}` });

/** As whoever these headers show. */
export function openApiAs(url: string, credential: Readonly<Record<string, string>>): ApiClient {
  return {
    async call(method, path, answer, body, idempotencyKey) {
      const givesUpAt = performance.now() + patienceMs;
      for (;;) {
        const response = await fetch(new URL(path, url), {
          method,
          headers: {
            ...credential,
            ...(body === undefined ? {} : { "content-type": "application/json" }),
            ...(idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey }),
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
        const text = await response.text();
        if (response.ok) return answer.parse(JSON.parse(text));
        if (!isBusy(response, text) || performance.now() > givesUpAt)
          throw new PlainFailure(`${method} ${path} was answered with ${response.status}: ${text}`);
        await sleep(Math.min(1000 * Number(response.headers.get("retry-after") ?? 1), 5_000));
      }
    },
  };
}

const isBusy = ({ status }: Response, text: string): boolean =>
  status === 429 || status === 503 || (status === 409 && /"code":"(plan_limit|idempotency_in_progress)"/.test(text));
