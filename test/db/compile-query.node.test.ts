import { and, desc, eq, sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { proveOrgScope } from "../../src/access/org-scope.ts";
import { databaseClient } from "../../src/db/client.ts";
import { compileQuery } from "../../src/db/compile-query.ts";
import { agents } from "../../src/db/schema/agents.ts";

const { reader, writer } = databaseClient({ databaseUrl: "postgresql://app:secret@127.0.0.1:1/armalo", databaseEndpoint: undefined });

const built = (orm: typeof reader, orgId: string, id: string, limit: number) =>
  orm
    .select()
    .from(agents)
    .where(and(eq(agents.orgId, orgId), eq(agents.id, id)))
    .orderBy(desc(agents.createdAt))
    .limit(limit);
const compiled = compileQuery((orm) =>
  orm
    .select()
    .from(agents)
    .where(and(eq(agents.orgId, sql.placeholder("orgId")), eq(agents.id, sql.placeholder("id"))))
    .orderBy(desc(agents.createdAt))
    .limit(sql.placeholder("limit")),
);

/** What drizzle's batch() asks of each query. */
const asBatched = (query: unknown) => {
  const prepared = (
    query as { _prepare(): { getQuery(): object; isResponseInArrayMode(): boolean; mapResult(raw: unknown): unknown } }
  )._prepare();
  const { sql: text, params } = prepared.getQuery() as { sql: string; params: unknown[] };
  return { text, params, arrayMode: prepared.isResponseInArrayMode(), mapResult: (raw: unknown) => prepared.mapResult(raw) };
};
const compiledFor = (orgId: string, id: string, orm = reader) =>
  asBatched(compiled({ orm, orgId: proveOrgScope(orgId) }, { id, limit: 2 }));

describe("a compiled query", () => {
  it("says to the database what the query itself would have said, with each call's own values", () => {
    for (const [orgId, id] of [
      ["org_a", "agt_1"],
      ["org_b", "agt_2"],
    ] as const) {
      const { text, params, arrayMode } = compiledFor(orgId, id);
      const plain = asBatched(built(reader, orgId, id, 2));
      expect({ text, params, arrayMode }).toEqual({ text: plain.text, params: plain.params, arrayMode: plain.arrayMode });
    }
  });

  it("keeps the values of calls that are on their way at the same time apart", () => {
    const [first, second] = [compiledFor("org_a", "agt_1"), compiledFor("org_b", "agt_2", writer)];
    expect([first.params, second.params]).toEqual([
      ["org_a", "agt_1", 2],
      ["org_b", "agt_2", 2],
    ]);
  });

  it("reads the same rows out of an answer", () => {
    const columns = Object.keys(agents).filter((name) => name !== "enableRLS").length;
    const row = Array.from({ length: columns }, () => null);
    const raw = { rows: [row], fields: [], rowCount: 1, command: "SELECT", rowAsArray: true };
    expect(compiledFor("org_a", "agt_1").mapResult(raw)).toEqual(asBatched(built(reader, "org_a", "agt_1", 2)).mapResult(raw));
  });

  it("takes its organization from the session, whatever the values say", () => {
    const query = compiled({ orm: reader, orgId: proveOrgScope("org_a") }, { id: "agt_1", limit: 2, orgId: "org_b" });
    expect(asBatched(query).params[0]).toBe("org_a");
  });

  it("fails where a value is missing, instead of asking without it", () => {
    expect(() => asBatched(compiled({ orm: reader, orgId: proveOrgScope("org_a") }, { id: "agt_1" }))).toThrow(/limit/);
  });
});
