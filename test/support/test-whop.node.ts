import { createServer } from "node:http";
import { z } from "zod";
import { serveOnLoopback } from "../../src/local/serve-on-loopback.ts";

/** The request as `checkoutConfigurations.create` of @whop/sdk 0.0.42 makes it, and nothing else. */
const Asked = z.strictObject({
  plan_id: z.string().regex(/^plan_/),
  mode: z.literal("payment"),
  metadata: z.strictObject({ armalo: z.string().max(500) }),
});

export type TestWhop = { readonly bindings: { WHOP_API_URL: string; WHOP_API_KEY: string }; readonly close: () => void };

/** Whop's API as far as checkouts go, as strict as it: the metadata of `?asked` says what it was asked for. One that misbehaves by the plan's name. */
export async function startTestWhop(apiKey: string): Promise<TestWhop> {
  const server = createServer((request, response) => {
    void request
      .toArray()
      .then((chunks) => {
        const { method, url, headers } = request;
        const expected = method === "POST" && url === "/api/v1/checkout_configurations";
        if (!expected || headers["content-type"] !== "application/json")
          return { status: 404, json: { error: { message: `${method} ${url}` } } };
        if (headers.authorization !== `Bearer ${apiKey}` || headers["api-version-date"] !== "2026-07-20") return { status: 401, json: {} };
        const asked = Asked.safeParse(JSON.parse(Buffer.concat(chunks).toString("utf8")));
        if (!asked.success) return { status: 400, json: { error: { message: asked.error.message } } };
        return answerTo(asked.data.plan_id, asked.data.metadata);
      })
      .catch((error: unknown) => ({ status: 500, json: { error: String(error) } }))
      .then(({ status, json }) => response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(json)));
  });
  const { url, close } = await serveOnLoopback(server);
  return { bindings: { WHOP_API_URL: url, WHOP_API_KEY: apiKey }, close };
}

function answerTo(planId: string, metadata: object): { status: number; json: object } {
  const made = { id: "ch_1", account_id: "biz_1", mode: "payment", metadata, plan: { id: planId }, redirect_url: null };
  if (planId === "plan_refused") return { status: 403, json: { error: { type: "forbidden", message: "not yours" } } };
  if (planId === "plan_without_url") return { status: 200, json: { ...made, purchase_url: null } };
  if (planId === "plan_with_script") return { status: 200, json: { ...made, purchase_url: "javascript:alert(1)" } };
  const query = new URLSearchParams({ plan: planId, ...metadata });
  return { status: 200, json: { ...made, purchase_url: `https://whop.com/checkout/${planId}?${query}` } };
}
