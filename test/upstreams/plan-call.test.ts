import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { CapabilityDefinition } from "../../src/upstreams/capability.ts";
import { checkDefinition } from "../../src/upstreams/check-definition.ts";
import { costOf } from "../../src/upstreams/cost.ts";
import { checkArguments, planCall } from "../../src/upstreams/plan-call.ts";

const policy = { egress: "public", publicOrigin: "https://api.armalo.test", databaseUrl: "postgres://db.test:5432/a" } as const;
const argumentsSchema = {
  type: "object",
  properties: { orderId: { type: "string" }, note: { type: "string" }, amount: { type: "number" } },
  required: ["orderId"],
  additionalProperties: false,
};
const usable = { kind: "http", method: "POST", urlTemplate: "https://api.shop.com/orders/{orderId}?note={note}", argumentsSchema };
const http = (change: object = {}) => CapabilityDefinition.parse({ ...usable, ...change });
const mcp = (change: object = {}) =>
  CapabilityDefinition.parse({
    kind: "mcp",
    url: "https://api.shop.com/mcp",
    tool: "refund",
    toolDigest: `sha256:${"0".repeat(64)}`,
    argumentsSchema,
    ...change,
  });
const pathsOf = (definition: CapabilityDefinition) => checkDefinition(definition, policy).map(({ path }) => path);

describe("a definition", () => {
  it("can be used where nothing speaks against it", () => {
    expect(pathsOf(http())).toEqual([]);
    expect(
      pathsOf(http({ credential: { header: "Authorization", prefix: "Bearer " }, cost: { currency: "EUR", argument: "amount" } })),
    ).toEqual([]);
    expect(pathsOf(mcp())).toEqual([]);
  });

  it.each([
    ["http://api.shop.com/orders/{orderId}?note={note}", "not_https"],
    ["https://api.armalo.test/v1/keys/{orderId}?note={note}", "own_host"],
    ["https://127.0.0.1/orders/{orderId}?note={note}", "ip_literal"],
    ["https://user:pw@api.shop.com/orders/{orderId}?note={note}", "user_info"],
    ["https://api.shop.com:8443/orders/{orderId}?note={note}", "port_not_443"],
  ])("leads to no place that we do not call: %s", (urlTemplate, reason) => {
    expect(checkDefinition(http({ urlTemplate }), policy)).toEqual([{ path: "urlTemplate", message: `It cannot be called: ${reason}.` }]);
    expect(pathsOf(mcp({ url: urlTemplate.replace(/\?.*/, "").replace("{orderId}", "x") }))).toEqual(["url"]);
  });

  it("has no schema that is too long to be shown to an agent among others", () => {
    const long = {
      type: "object",
      properties: { ...argumentsSchema.properties, more: { enum: ["x".repeat(17_000)] } },
      required: ["orderId"],
    };
    expect(pathsOf(http({ argumentsSchema: long }))).toEqual(["argumentsSchema"]);
    expect(pathsOf(http({ answerSchema: long }))).toEqual(["answerSchema"]);
    expect(pathsOf(mcp({ argumentsSchema: long }))).toEqual(["argumentsSchema"]);
  });

  it("leads to our own origin under no egress policy", () => {
    const local = { ...policy, egress: "local", publicOrigin: "http://127.0.0.1:8787" } as const;
    const at = (port: number) => http({ urlTemplate: `http://127.0.0.1:${port}/orders/{orderId}?note={note}` });
    expect(checkDefinition(at(8787), local)).toHaveLength(1);
    expect(checkDefinition(at(5432), local)).toHaveLength(1);
    expect(checkDefinition(at(9999), local)).toEqual([]);
    expect(checkDefinition(at(9999), policy)).toHaveLength(1);
  });

  it.each([
    "Host",
    "content-length",
    "Transfer-Encoding",
    "CF-Connecting-IP",
    "x-forwarded-for",
    "Idempotency-Key",
    "mcp-session-id",
    "Accept",
    "content-type",
  ])("puts no credential into %s", (header) => {
    expect(pathsOf(http({ credential: { header } }))).toEqual(["credential.header"]);
  });

  it("has a schema that we can judge by, of an object, with every variable in it", () => {
    expect(pathsOf(http({ argumentsSchema: { ...argumentsSchema, minimun: 1 } }))).toEqual(["argumentsSchema.minimun"]);
    expect(pathsOf(mcp({ argumentsSchema: { type: "array" } }))).toEqual(["argumentsSchema.type"]);
    expect(pathsOf(http({ argumentsSchema: { type: "object", properties: { orderId: {} }, required: ["orderId"] } }))).toEqual([
      "argumentsSchema.properties",
    ]);
    expect(pathsOf(http({ argumentsSchema: { ...argumentsSchema, required: [] } }))).toEqual(["argumentsSchema.required"]);
    expect(pathsOf(http({ answerSchema: { typ: "object" } }))).toEqual(["answerSchema.typ"]);
  });

  it("names one place for the cost", () => {
    for (const argument of ["lines[*].price", "a..b", " "])
      expect(pathsOf(http({ cost: { currency: "EUR", argument } }))).toEqual(["cost.argument"]);
  });

  it("holds no text that cannot be stored", () => {
    expect(checkDefinition(http({ argumentsSchema: { ...argumentsSchema, description: "\0" } }), policy)).toHaveLength(1);
  });
});

describe("a call", () => {
  it("puts what the template does not name into the body, and refuses it where there is none", () => {
    expect(planCall(http(), { orderId: "7", note: "a", amount: 5 })).toEqual({
      ok: true,
      call: { kind: "http", method: "POST", url: "https://api.shop.com/orders/7?note=a", body: { amount: 5 } },
    });
    for (const method of ["GET", "DELETE"]) {
      expect(planCall(http({ method }), { orderId: "7" })).toMatchObject({ ok: true, call: { body: null } });
      expect(planCall(http({ method }), { orderId: "7", amount: 5 }).ok).toBe(false);
    }
    expect(planCall(mcp(), { orderId: "7" })).toMatchObject({ ok: true, call: { tool: "refund", arguments: { orderId: "7" } } });
  });

  it("takes arguments that the schema takes, and no others", () => {
    expect(checkArguments(http(), { orderId: "7" })).toEqual({ ok: true });
    expect(checkArguments(http(), { orderId: 7 })).toEqual({ ok: false, at: "/orderId", detail: "type" });
    expect(checkArguments(http(), { orderId: "7", admin: true }).ok).toBe(false);
    expect(checkArguments(http(), { orderId: "7\0" }).ok).toBe(false);
    expect(checkArguments(http(), ["7"]).ok).toBe(false);
  });
});

describe("what a call costs", () => {
  const byArgument = http({ cost: { currency: "EUR", argument: "order.total" } });

  it("is nothing, a fixed amount, or an argument in whole units", () => {
    expect(costOf(http(), {})).toBeNull();
    expect(costOf(http({ cost: { currency: "EUR", microsPerCall: 250 } }), {})).toBe(250);
    expect(costOf(byArgument, { order: { total: 0.1 } })).toBe(100_000);
    expect(costOf(byArgument, { order: { total: 1e-7 } })).toBe(1);
    expect(costOf(byArgument, { order: { total: 9e9 } })).toBe(9e15);
  });

  it.each([
    [{}],
    [{ order: {} }],
    [{ order: { total: "5" } }],
    [{ order: { total: -1 } }],
    [{ order: { total: null } }],
    [{ order: { total: 9.1e9 } }],
    [{ order: { total: [5] } }],
  ])("is unknown for %j", (args) => {
    expect(costOf(byArgument, args)).toBe("unknown");
  });

  it("is never less than what the argument says", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 9e9, noNaN: true }), (total) => {
        const micros = costOf(byArgument, { order: { total } });
        expect(Number.isSafeInteger(micros)).toBe(true);
        if (typeof micros !== "number") return;
        expect(micros).toBeGreaterThanOrEqual(Math.floor(total * 1e6) - 1);
        expect(micros - total * 1e6).toBeLessThan(2);
      }),
    );
  });
});
