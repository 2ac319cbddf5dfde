import { describe, expect, it } from "vitest";
import { csvLine } from "../../../src/features/audit/audit-event.ts";
import { exportEvents } from "../../../src/features/audit/export-events.ts";
import type { AuditRow } from "../../../src/features/audit/store.ts";
import type { ReadContext } from "../../../src/http/operation.ts";
import { createOrganization, type TestOrganization } from "../../support/organization.ts";
import { standIn } from "../../support/stand-in.ts";

async function withEvents(count: number): Promise<TestOrganization> {
  const org = await createOrganization();
  for (let at = 0; at < count; at += 1) await org.call("POST", "/v1/keys", { name: `key ${at}`, scopes: ["keys:read"] });
  return org;
}

describe("the audit log", () => {
  it("lists its own organization's events, newest first, without a gap, page by page", async () => {
    const org = await withEvents(5);
    const first = (await org.call("GET", "/v1/audit-events?limit=4")).body;
    const second = (await org.call("GET", `/v1/audit-events?limit=4&cursor=${first.nextCursor}`)).body;
    const all = [...first.items, ...second.items];
    expect(all.map(({ seq }) => seq)).toEqual([7, 6, 5, 4, 3, 2, 1]);
    expect(second.nextCursor).toBeNull();
    expect(all[0]).toMatchObject({ action: "key.created", actor: `key:${org.keyId}` });
    expect(all[0].requestId).toMatch(/^req_/);
    expect(all[0].change).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  it("filters by actor, action, resource and time", async () => {
    const org = await withEvents(2);
    const list = async (query: string) => (await org.call("GET", `/v1/audit-events?${query}`)).body.items;
    expect(await list(`actor=key:${org.keyId}`)).toHaveLength(2);
    expect(await list("action=organization.created")).toHaveLength(1);
    const [{ resource, at }] = await list(`actor=key:${org.keyId}&limit=1`);
    expect(await list(`resource=${resource}`)).toHaveLength(1);
    expect(await list(`from=${at}`)).toHaveLength(1);
    expect((await list(`to=${at}`)).length).toBe(3);
    expect(await list("to=2001-01-01T00:00:00Z")).toEqual([]);
  });

  it("exports JSON lines and CSV, and records that it did", async () => {
    const org = await withEvents(3);
    const lines = (await org.call("GET", "/v1/audit-events/export")).text.trim().split("\n");
    expect(lines.map((line) => JSON.parse(line).seq)).toEqual([5, 4, 3, 2, 1]);
    const csv = await org.call("GET", "/v1/audit-events/export?format=csv");
    expect(csv.headers.get("content-type")).toBe("text/csv; charset=utf-8");
    expect(csv.headers.get("content-disposition")).toContain("attachment");
    expect(csv.text.split("\r\n")[0]).toBe("seq,id,at,actor,action,resource,change,commitment,requestId");
    expect(csv.text.trim().split("\r\n")).toHaveLength(6);
    expect((await org.call("GET", "/v1/security-events")).body.items).toMatchObject([
      { kind: "audit_exported" },
      { kind: "audit_exported" },
    ]);
  });

  it("streams every page and stops at the last", async () => {
    const row = (seq: number): AuditRow => ({
      orgId: "org",
      seq,
      id: `aud_${seq}`,
      actor: "key:k",
      requestId: "req",
      action: "key.created",
      resource: "key",
      change: "sha256:",
      commitment: null,
      at: new Date(0),
      operation: null,
      idempotencyKey: null,
    });
    const pages = [Array.from({ length: 1000 }, (_, at) => row(1002 - at)), [row(2), row(1)]];
    let reads = 0;
    const tenant = { record: async () => [], read: async () => [pages[reads++] ?? []] };
    const context = standIn<ReadContext>({ tenant, principal: { keyId: "key_1", agentId: null }, now: new Date(0) });
    const { content } = await exportEvents(context, {}, "jsonl");
    const lines = (await new Response(content).text()).trim().split("\n");
    expect(lines.map((line) => JSON.parse(line).seq)).toEqual(Array.from({ length: 1002 }, (_, at) => 1002 - at));
    expect(reads).toBe(2);
  });

  it("neutralizes what a spreadsheet would run", () => {
    for (const formula of ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"]) expect(csvLine([formula])).toMatch(/^"?'/);
    expect(csvLine(['a"b', "c,d", null, 5])).toBe('"a""b","c,d",,5\r\n');
  });
});
