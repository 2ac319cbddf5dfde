import { env } from "cloudflare:workers";
import { z } from "@hono/zod-openapi";
import { describe, expect, it } from "vitest";
import { requirePerson } from "../../src/access/principal.ts";
import { buildApp } from "../../src/app.ts";
import { requireEnvironment } from "../../src/env.ts";
import { answerRequest } from "../../src/http/answer-request.ts";
import { defineOperation } from "../../src/http/define-operation.ts";
import { ownerSees } from "../support/harness.ts";
import { createOrganization, toAnswer, type TestOrganization } from "../support/organization.ts";
import { signInAs } from "../support/people.ts";

const people = { mode: "operator", scope: "members:write" } as const;

const decide = defineOperation({
  id: "decisions.make",
  governance: "tenant-mutation",
  method: "post",
  path: "/v1/decisions/{name}",
  summary: "Decide",
  access: people,
  audit: "member.role_changed",
  request: { params: z.object({ name: z.string().max(5) }), body: z.strictObject({ yes: z.boolean() }) },
  response: { status: 200, body: z.object({ by: z.string(), until: z.number(), environment: z.string() }) },
  handle: async ({ principal, environment }) => {
    const { actor, role, via, endsAt, startedAt } = requirePerson(principal);
    return { by: `${actor} ${role} ${via}`, until: endsAt - startedAt, environment };
  },
});

const app = buildApp([decide]);

/** The pipeline, with an operation of which nothing is known but that people alone may call it. */
async function ask(headers: Record<string, string>, body: unknown = { yes: true }, name = "x") {
  const pending: Promise<unknown>[] = [];
  const request = new Request(`https://api.armalo.test/v1/decisions/${name}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  const parsed = { ok: true, env: requireEnvironment(env) } as const;
  const response = await answerRequest(app, request, parsed, (work) => pending.push(work));
  await Promise.all(pending);
  return toAnswer(response);
}
const asKey = (org: TestOrganization, key = org.apiKey) => ({ authorization: `Bearer ${key}`, "cf-connecting-ip": org.address });
const codeOf = ({ status, body }: Awaited<ReturnType<typeof ask>>) => [status, body.code];

describe("an operation that people alone may call", () => {
  it("is done by a person whose role allows it, and nobody else's", async () => {
    const org = await createOrganization({ environment: "test" });
    const [admin, viewer] = [await signInAs(org, "admin"), await signInAs(org, "viewer")];
    const origin = "https://api.armalo.test";
    const done = await ask({ cookie: admin.cookie, origin });
    expect([done.status, done.body]).toEqual([
      200,
      { by: `member:${admin.memberId} admin local`, until: 12 * 3_600_000, environment: "test" },
    ]);
    expect(codeOf(await ask({ cookie: viewer.cookie, origin }))).toEqual([403, "forbidden"]);
    expect(codeOf(await ask({ cookie: admin.cookie }))).toEqual([403, "origin_refused"]);
    expect(codeOf(await ask({}))).toEqual([401, "unauthenticated"]);
    expect(codeOf(await ask({ cookie: `${admin.cookie}x`, origin }))).toEqual([401, "unauthenticated"]);
  });

  it("tells a key or a token that it needs a person, and nothing else: neither of scopes, nor of input, nor of idempotency", async () => {
    const org = await createOrganization();
    const token = await org.call("POST", "/v1/access-tokens", {});
    const narrow = await org.call("POST", "/v1/keys", { name: "narrow", scopes: ["agents:read"] });
    const strange = [{ "idempotency-key": "not printable \u00e9" }, { "idempotency-key": "once" }, { "content-type": "text/plain" }, {}];
    for (const key of [org.apiKey, narrow.body.key, token.body.token ?? token.body.accessToken]) {
      for (const headers of strange)
        for (const [body, name] of [
          [{ yes: true }, "x"],
          [{ no: 1 }, "far-too-long"],
        ] as const)
          expect(codeOf(await ask({ ...asKey(org, key), ...headers }, body, name))).toEqual([403, "person_needed"]);
    }
    expect(await ownerSees("select 1 from audit_events where org_id = $1 and action = $2", org.orgId, "member.role_changed")).toEqual([]);
  });

  it("tells a credential that holds no more just that", async () => {
    const org = await createOrganization();
    const made = await org.call("POST", "/v1/keys", { name: "gone", scopes: ["members:write"] });
    await org.call("POST", `/v1/keys/${made.body.id}/revoke`);
    expect(codeOf(await ask(asKey(org, made.body.key)))).toEqual([401, "unauthenticated"]);
    const elsewhere = await org.call("POST", "/v1/keys", { name: "far", scopes: ["members:write"], cidrs: ["203.0.113.0/24"] });
    expect(codeOf(await ask(asKey(org, elsewhere.body.key)))).toEqual([403, "forbidden"]);
    expect(codeOf(await ask(asKey(org, `${org.apiKey.slice(0, -1)}_`)))).toEqual([401, "unauthenticated"]);
  });
});
