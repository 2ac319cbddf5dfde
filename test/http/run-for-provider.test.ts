import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { buildApp } from "../../src/app.ts";
import { parseEnvironment } from "../../src/env.ts";
import { answerRequest } from "../../src/http/answer-request.ts";
import { maxBodyBytes } from "../../src/http/read-body.ts";
import { operations } from "../../src/operations.ts";
import type { Provider } from "../../src/providers/provider.ts";
import { ownerSees } from "../support/harness.ts";
import { askUntilCutOff, callApi, newAddress } from "../support/organization.ts";
import { providerSettings } from "../support/provider-settings.ts";
import { signedHeaders } from "../support/sign-as-provider.ts";

const ofProviders = operations.flatMap(({ id, method, path, access }) =>
  access.mode === "provider" ? [{ id, method, path, provider: access.provider }] : [],
);
const bodyOf = (method: string, text: string): string | undefined => (method.toLowerCase() === "get" ? undefined : text);

/** The same Worker, without one setting of any provider. */
async function askWithoutSettings(method: string, path: string, headers: Record<string, string>): Promise<Response> {
  const bindings = Object.fromEntries(Object.entries(env).filter(([name]) => !(name in providerSettings)));
  const body = bodyOf(method, "{}");
  const request = new Request(`https://api.armalo.test${path}`, { method, headers, ...(body === undefined ? {} : { body }) });
  return answerRequest(buildApp(operations), request, parseEnvironment(bindings as typeof env), () => undefined);
}

describe.each(ofProviders)("$id", ({ method, path, provider }) => {
  it("answers what is not signed, and what is signed with a secret that we do not know, alike", async () => {
    const address = newAddress();
    const unsigned = await callApi(method.toUpperCase(), path, bodyOf(method, "{}"), { "cf-connecting-ip": address });
    const forged = await callApi(method.toUpperCase(), path, bodyOf(method, "{}"), {
      "cf-connecting-ip": address,
      ...(await signedHeaders(provider, method === "get" ? "" : "{}", { secret: otherSecrets[provider] })),
    });
    for (const answer of [unsigned, forged]) {
      expect([answer.status, answer.body.code]).toEqual([401, "bad_signature"]);
    }
    expect(unsigned.text.replaceAll(unsigned.requestId, "")).toBe(forged.text.replaceAll(forged.requestId, ""));
  });

  it("answers 503 where the installation has no secret of the provider, also to what is signed", async () => {
    const signed = await signedHeaders(provider, method === "get" ? "" : "{}");
    for (const headers of [{}, signed]) {
      const answer = await askWithoutSettings(method.toUpperCase(), path, headers);
      expect([answer.status, await answer.json()]).toMatchObject([503, { code: "not_configured" }]);
    }
  });

  it("refuses a key of ours as it refuses whatever is not signed", async () => {
    const headers = { authorization: "Bearer arm_live_x", "cf-connecting-ip": newAddress() };
    const answer = await callApi(method.toUpperCase(), path, bodyOf(method, "{}"), headers);
    expect([answer.status, answer.body.code]).toEqual([401, "bad_signature"]);
  });

  if (method !== "get") {
    it("refuses a body over the cap, signed or not", async () => {
      const large = JSON.stringify({ filler: "x".repeat(maxBodyBytes) });
      for (const headers of [{}, await signedHeaders(provider, large)]) {
        const answer = await callApi(method.toUpperCase(), path, large, { "cf-connecting-ip": newAddress(), ...headers });
        expect([answer.status, answer.body.code]).toEqual([413, "body_too_large"]);
      }
    });

    it("refuses a body over the cap that does not say how large it is", async () => {
      const stream = new ReadableStream<Uint8Array>({
        start(controller) {
          for (let chunk = 0; chunk < 5; chunk += 1) controller.enqueue(new Uint8Array(maxBodyBytes / 4));
          controller.close();
        },
      });
      const request = new Request(`https://api.armalo.test${path}`, {
        method,
        body: stream,
        headers: { "cf-connecting-ip": newAddress(), ...(await signedHeaders(provider, "{}")) },
      });
      const answer = await answerRequest(buildApp(operations), request, parseEnvironment(env), () => undefined);
      expect(answer.status).toBe(413);
    });
  }
});

const otherSecrets: Readonly<Record<Provider, string>> = {
  clerk: `whsec_${btoa("a secret of somebody else")}`,
  whop: "ws_ffffffffffffffffffffffffffffffff",
  stripe: "whsec_ffffffffffffffffffffffffffffffff",
  inngest: `signkey-test-${"ef".repeat(32)}`,
};

describe("an address that keeps sending what is not signed", () => {
  it("is told to come back later, and its events are not taken for somebody else's", async () => {
    const address = newAddress();
    const answers = await askUntilCutOff(
      () => callApi("POST", "/webhooks/clerk", "{}", { "cf-connecting-ip": address }),
      ({ status }) => status === 429,
    );
    expect([...new Set(answers.map(({ status }) => status))]).toEqual([401, 429]);
    const other = await callApi("POST", "/webhooks/clerk", "{}", { "cf-connecting-ip": newAddress() });
    expect(other.status).toBe(401);
  });
});

describe("what a provider sends that is signed and is not JSON", () => {
  it("is refused, and nothing of it is kept", async () => {
    const id = `msg_${crypto.randomUUID()}`;
    const headers = { "cf-connecting-ip": newAddress(), ...(await signedHeaders("clerk", "no JSON", { id })) };
    const answer = await callApi("POST", "/webhooks/clerk", "no JSON", headers);
    expect([answer.status, answer.body.code]).toEqual([400, "malformed_json"]);
    expect(await ownerSees("select 1 from provider_events where event_id = $1", id)).toEqual([]);
  });
});
