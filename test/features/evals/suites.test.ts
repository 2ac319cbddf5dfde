import { describe, expect, it } from "vitest";
import { roundTrips } from "../../support/harness.ts";
import { createOrganization } from "../../support/organization.ts";
import { easyCases } from "./run-world.ts";

describe("suites", () => {
  it("are stored once, known by their digest, and shown with their cases", async () => {
    const { call, orgId } = await createOrganization();
    const suite = { name: "Mine", cases: easyCases(2) };
    const stored = await call("POST", "/v1/suites", suite);
    expect(stored.status).toBe(201);
    expect(stored.body).toMatchObject({ name: "Mine", author: orgId, caseCount: 2, floor: 0.6, digest: expect.stringMatching(/^sha256:/) });
    expect(await roundTrips(stored.requestId)).toBe(1);
    const again = await call("POST", "/v1/suites", { ...suite, name: "The same by another name" });
    expect([again.status, again.body.code, again.body.errors[0].path]).toEqual([409, "state_conflict", "body.cases"]);
    expect(again.body.errors[0].message).toContain(stored.body.digest);
    const shown = await call("GET", `/v1/suites/${stored.body.id}`);
    expect(shown.body.cases).toHaveLength(2);
    const listed = await call("GET", "/v1/suites");
    expect(listed.body.items.map(({ id }: { id: string }) => id)).toContain(stored.body.id);
    const found = async (digest: string) =>
      (await call("GET", `/v1/suites?digest=${digest}`)).body.items.map(({ id }: { id: string }) => id);
    const other = await call("POST", "/v1/suites", { name: "Other", cases: easyCases(3) });
    expect(await found(stored.body.digest)).toEqual([stored.body.id]);
    expect(await found(other.body.digest)).toEqual([other.body.id]);
    expect(await found(`sha256:${"0".repeat(64)}`)).toEqual([]);
    expect((await call("GET", "/v1/suites?digest=sha256:0")).status).toBe(400);
  });

  it("with an expression that does not hold are refused, each named by its place", async () => {
    const { call } = await createOrganization();
    const expectations = [
      { kind: "regex", pattern: "(" },
      { kind: "cel", expression: "nonsense" },
    ];
    const refused = await call("POST", "/v1/suites", { name: "Bad", cases: easyCases(1, { expectations }) });
    expect(refused.status).toBe(400);
    expect(refused.body.errors.map(({ path }: { path: string }) => path)).toEqual([
      "body.cases.0.expectations.0.pattern",
      "body.cases.0.expectations.1.expression",
    ]);
  });

  it("have a published schema", async () => {
    const { call } = await createOrganization();
    const schema = await call("GET", "/v1/suite-schema", undefined, { authorization: "" });
    expect(schema.status).toBe(200);
    expect(schema.body).toMatchObject({ $schema: "https://json-schema.org/draft/2020-12/schema", type: "object" });
    expect(JSON.stringify(schema.body)).toContain("forbidden_pattern");
  });
});
