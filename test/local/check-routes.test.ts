import { describe, expect, it } from "vitest";
import { buildApp } from "../../src/app.ts";
import type { Operation } from "../../src/http/operation.ts";
import { findRouteFaults } from "../../src/local/check-routes.ts";
import { operations } from "../../src/operations.ts";

describe("the route check", () => {
  it("finds nothing wrong with the routes as they are", () => {
    expect(findRouteFaults(buildApp(operations).routes)).toEqual([]);
  });

  it("finds a route that was mounted past the table, and one that is missing", () => {
    const app = buildApp(operations);
    app.get("/v1/backdoor", (context) => context.text("hello"));
    expect(findRouteFaults(app.routes)).toEqual([
      "GET /v1/backdoor is served, but no operation declares it: nobody knows who may call it.",
    ]);
    const withoutHome = operations.filter(({ id }) => id !== "site.home");
    expect(findRouteFaults(buildApp(withoutHome).routes)).toEqual(["GET / is declared, but not served."]);
  });

  it("finds a tool that people alone may use, and two of one name", () => {
    const table = operations.map((each): Operation => (each.id === "policies.activate" ? { ...each, tool: "get_policy" } : each));
    expect(findRouteFaults(buildApp(table).routes, table)).toEqual([
      "get_policy names two tools.",
      "policies.activate is a tool, and nothing that an agent may call.",
    ]);
  });
});
