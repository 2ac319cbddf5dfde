import { env } from "cloudflare:workers";
import { z } from "@hono/zod-openapi";
import { describe, expect, it } from "vitest";
import { buildApp } from "../../src/app.ts";
import { parseEnvironment } from "../../src/env.ts";
import { answerRequest } from "../../src/http/answer-request.ts";
import { defineOperation } from "../../src/http/define-operation.ts";
import { maxBodyBytes, parseJson } from "../../src/http/read-body.ts";
import { ownerSees } from "../support/harness.ts";
import { callApi, createOrganization, type Answer } from "../support/organization.ts";

const expectHardened = ({ headers, requestId }: Pick<Answer, "headers" | "requestId">): void => {
  expect(headers.get("strict-transport-security")).toBe("max-age=31536000; includeSubDomains; preload");
  expect(headers.get("x-frame-options")).toBe("DENY");
  expect(headers.get("x-content-type-options")).toBe("nosniff");
  expect(headers.get("x-xss-protection")).toBe("1; mode=block");
  expect(headers.get("referrer-policy")).toBe("no-referrer");
  expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
  expect(headers.get("cross-origin-opener-policy")).toBe("same-origin");
  expect(headers.get("permissions-policy")).toContain("camera=()");
  expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
  expect(headers.get("cache-control")).not.toBeNull();
  expect(headers.get("server-timing")).toContain("total;dur=");
  expect(requestId).toMatch(/^req_[0-9A-Za-z]{22}$/);
};

const thrown: Record<string, unknown> = {
  "a string": "secret",
  "an object": { secret: true },
  undefined,
  "an Error": new Error("secret"),
  null: null,
};

/** A Worker whose one operation does as told: what no operation of ours does on purpose. */
async function misbehave(handle: () => Promise<unknown>): Promise<Answer> {
  const operation = defineOperation({
    id: "test.misbehave",
    method: "get",
    path: "/misbehave",
    summary: "Misbehave",
    governance: "system",
    access: { mode: "public" },
    request: {},
    response: { status: 200, body: z.object({ ok: z.boolean() }) },
    handle: handle as () => Promise<{ ok: boolean }>,
  });
  const request = new Request("https://api.armalo.test/misbehave", { headers: { "cf-connecting-ip": "192.0.2.9" } });
  const response = await answerRequest(buildApp([operation]), request, parseEnvironment(env), () => undefined);
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    requestId: response.headers.get("x-request-id") ?? "",
    text,
    body: JSON.parse(text),
  };
}

describe("every answer", () => {
  it("is hardened and carries our own request id, whatever the caller sent", async () => {
    const { call } = await createOrganization();
    const answers = [
      await callApi("GET", "/", undefined, { "x-request-id": "mine" }),
      await callApi("GET", "/health"),
      await callApi("GET", "/nowhere"),
      await callApi("DELETE", "/health"),
      await callApi("GET", "/v1/keys"),
      await call("GET", "/v1/keys"),
      await call("POST", "/v1/keys", "x".repeat(maxBodyBytes + 1)),
      await call("POST", "/v1/keys", "a=b", { "content-type": "text/plain" }),
      await misbehave(() => Promise.reject(new Error("boom"))),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 404, 405, 401, 200, 413, 415, 500]);
    for (const answer of answers) expectHardened(answer);
    expect(new Set(answers.map(({ requestId }) => requestId)).size).toBe(answers.length);
  });

  it("is a problem document for every failure, with a type that explains itself", async () => {
    for (const [method, path, status, code] of [
      ["GET", "/nowhere", 404, "not_found"],
      ["PUT", "/v1/keys", 405, "method_not_allowed"],
      ["GET", "/v1/keys", 401, "unauthenticated"],
    ] as const) {
      const { status: got, headers, body, requestId } = await callApi(method, path);
      expect(got).toBe(status);
      expect(headers.get("content-type")).toBe("application/problem+json");
      expect(body).toMatchObject({ status, code, requestId });
      const page = await callApi("GET", new URL(body.type).pathname);
      expect(page.status).toBe(200);
      expect(page.text).toContain(body.title);
    }
    expect((await callApi("PUT", "/v1/keys")).headers.get("allow")).toBe("GET, POST");
  });

  it("says nothing of the cause when the fault is ours, whatever was thrown", async () => {
    for (const [what, value] of Object.entries(thrown)) {
      const answer = await misbehave(() => Promise.reject(value));
      expect(answer.status, what).toBe(500);
      expect(answer.text).not.toContain("secret");
      expect(answer.body.code).toBe("internal");
    }
  });

  it("sends only what the schema names, and never a broken answer", async () => {
    expect((await misbehave(async () => ({ ok: true, secret: 1 }))).body).toEqual({ ok: true });
    expect((await misbehave(async () => ({ ok: "yes" }))).body).toMatchObject({ status: 500, code: "internal" });
  });
});

describe("a request body", () => {
  it("is refused as malformed, missing, of another type, too large, too deep or with unknown fields", async () => {
    const { call } = await createOrganization();
    const post = async (body: unknown, headers?: Record<string, string>) => {
      const answer = await call("POST", "/v1/keys", body, headers);
      return [answer.status, answer.body.code, answer.body.errors?.map(({ path }: { path: string }) => path)];
    };
    expect(await post("{")).toEqual([400, "malformed_json", undefined]);
    expect(await post("[".repeat(100) + "]".repeat(100))).toEqual([400, "malformed_json", undefined]);
    expect(await post(undefined)).toEqual([400, "invalid_request", ["body"]]);
    expect(await post("{}", { "content-type": "text/plain" })).toEqual([415, "unsupported_media_type", undefined]);
    expect(await post("x".repeat(maxBodyBytes + 1))).toEqual([413, "body_too_large", undefined]);
    expect(await post({ name: "a", scopes: ["keys:read"], admin: true })).toEqual([400, "invalid_request", ["body.admin"]]);
    expect(await post({ name: "", scopes: ["all"] })).toEqual([400, "invalid_request", ["body.name", "body.scopes.0"]]);
    const [status, code, paths] = await call("GET", "/v1/keys?limit=0&limit=5&extra=1").then(({ status: s, body }) => [
      s,
      body.code,
      body.errors,
    ]);
    expect([status, code]).toEqual([400, "invalid_request"]);
    expect(paths.map(({ path }: { path: string }) => path)).toEqual(["query.limit", "query.extra"]);
    const cursor = (content: unknown) => btoa(JSON.stringify(content)).replaceAll("=", "");
    for (const query of ["actor=%00", "from=0000-01-01T00:00:00Z", "resource=%ED%A0%80%00"]) {
      expect((await call("GET", `/v1/audit-events?${query}`)).status, query).toBe(400);
    }
    for (const content of [[8.64e15, `key_${"0".repeat(22)}`], [0, "key_\0"], [0, "x"], "x"]) {
      expect((await call("GET", `/v1/keys?cursor=${cursor(content)}`)).status).toBe(400);
    }
    expect((await call("GET", `/v1/keys/key_${"0".repeat(22)}?unknown=1`)).body.errors).toEqual([
      { path: "query.unknown", message: "Unknown field." },
    ]);
  });

  it("is answered in bounds however many and long its faults are, and none of its text is kept", async () => {
    const { call } = await createOrganization();
    const many = await call("POST", "/v1/keys", Object.fromEntries(Array.from({ length: 9000 }, (_, at) => [`f${at}`, 1])));
    expect(many.body.errors).toHaveLength(50);
    const secret = `sk-${"x".repeat(100_000)}`;
    const long = await call("POST", "/v1/keys", { [secret]: 1 });
    expect(long.text.length).toBeLessThan(3000);
    let record = await call("GET", `/v1/requests/${long.requestId}`);
    for (let tries = 0; record.status === 404 && tries < 50; tries += 1) record = await call("GET", `/v1/requests/${long.requestId}`);
    expect(record.body.blocker).not.toContain("sk-");
  });

  it("counts depth outside strings only", () => {
    const bytes = (text: string) => Uint8Array.from(new TextEncoder().encode(text));
    expect(parseJson(bytes(`{"a":"${"[".repeat(200)}\\""}`))).toEqual({ a: `${"[".repeat(200)}"` });
    expect(() => parseJson(Uint8Array.of(0x22, 0xff, 0x22))).toThrow();
  });
});

describe("a failed request", () => {
  it("can be read by its organization with the reason, and by nobody else", async () => {
    const org = await createOrganization({ scopes: ["keys:read", "keys:write", "audit:read"] });
    const failed = await org.call("POST", "/v1/keys", { name: "x", scopes: ["agents:write"] });
    expect(failed.status).toBe(403);
    expect(failed.text).not.toContain("beyond");
    let record = await org.call("GET", `/v1/requests/${failed.requestId}`);
    for (let tries = 0; record.status === 404 && tries < 50; tries += 1) record = await org.call("GET", `/v1/requests/${failed.requestId}`);
    expect(record.body).toMatchObject({ operation: "keys.create", code: "forbidden", blocker: "a key may not mint beyond its own scope" });
    const stranger = await createOrganization();
    expect((await stranger.call("GET", `/v1/requests/${failed.requestId}`)).status).toBe(404);
    expect(await ownerSees("select 1 from request_failures where request_id = $1", failed.requestId)).toHaveLength(1);
  });
});
