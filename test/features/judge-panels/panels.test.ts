import { describe, expect, it } from "vitest";
import { ownerSees, roundTrips } from "../../support/harness.ts";
import { createOrganization } from "../../support/organization.ts";
import { judgesNamed, openPanel } from "./panel-world.ts";

const three = ["pass", "pass", "pass"];

describe("a judge panel", () => {
  it("is stored with its keys sealed, and shows of each whether it is there and nothing else, also in the log", async () => {
    const org = await createOrganization();
    const { judges } = judgesNamed(three);
    const given = judges.map((judge, index) => (index === 2 ? { ...judge, apiKey: null } : judge));
    const made = await org.call("POST", "/v1/judge-panels", { name: "Judges", judges: given });
    expect(made.status, made.text).toBe(201);
    expect(made.body).toMatchObject({ name: "Judges", version: 1, digest: expect.stringMatching(/^sha256:/), retiredAt: null });
    expect(made.body.judges.map(({ apiKey }: { apiKey: string }) => apiKey)).toEqual(["configured", "configured", "none"]);
    const read = await org.call("GET", `/v1/judge-panels/${made.body.id}`);
    expect(read.body).toEqual(made.body);
    const listed = await org.call("GET", "/v1/judge-panels");
    expect(listed.body.items).toEqual([made.body]);
    const [row] = await ownerSees("select * from judge_panels where org_id = $1", org.orgId);
    for (const shown of [made.text, read.text, listed.text, JSON.stringify(row)]) expect(shown).not.toContain("sk-");
    expect(Object.keys(Object(row?.["keys"]))).toEqual(["judge-0", "judge-1"]);
  });

  it("takes one round trip to make or read, and two to change", async () => {
    const org = await createOrganization();
    const { judges } = judgesNamed(three);
    const made = await org.call("POST", "/v1/judge-panels", { name: "Judges", judges });
    const path = `/v1/judge-panels/${made.body.id}`;
    expect(await roundTrips(made.requestId)).toBe(1);
    for (const read of [path, "/v1/judge-panels", `${path}/calibrations`])
      expect(await roundTrips((await org.call("GET", read)).requestId)).toBe(1);
    expect(await roundTrips((await org.call("PATCH", path, { name: "Others" })).requestId)).toBe(2);
    expect(await roundTrips((await org.call("POST", `${path}/retire`)).requestId)).toBe(2);
  });

  it("becomes another version when its judges change, and stays the same one under another name or with other keys", async () => {
    const org = await createOrganization();
    const { panelId, panel, judges } = await openPanel(org, three);
    const path = `/v1/judge-panels/${panelId}`;
    const renamed = await org.call("PATCH", path, { name: "Renamed" });
    expect(renamed.body).toMatchObject({ name: "Renamed", version: 1, digest: panel.digest });
    const rekeyed = await org.call("PATCH", path, { judges: judges.map((judge) => ({ ...judge, apiKey: "sk-another" })) });
    expect(rekeyed.body).toMatchObject({ version: 1, digest: panel.digest });
    const other = await org.call("PATCH", path, { judges: judges.map((judge) => ({ ...judge, model: `${judge.model}-2` })) });
    expect(other.body.version).toBe(2);
    expect(other.body.digest).not.toBe(panel.digest);
    const versions = await ownerSees("select version, digest from judge_panel_versions where org_id = $1 order by version", org.orgId);
    expect(versions).toEqual([
      { version: 1, digest: panel.digest },
      { version: 2, digest: other.body.digest },
    ]);
    const events = await ownerSees("select action from audit_events where org_id = $1 and resource = $2 order by seq", org.orgId, panelId);
    expect(events.map(({ action }) => action)).toEqual(["judge_panel.created", ...Array.from({ length: 3 }, () => "judge_panel.updated")]);
  });

  it("keeps a judge's key where none is given, and never takes it along to another place, also not of the same host", async () => {
    const org = await createOrganization();
    const { panelId, judges } = await openPanel(org, three);
    const bare = judges.map(({ apiKey: _key, ...judge }) => judge);
    const moved = bare.map((judge, index) => (index === 0 ? { ...judge, baseUrl: "https://judge.example.com/v1" } : judge));
    const keysOf = async (body: unknown) =>
      (await org.call("PATCH", `/v1/judge-panels/${panelId}`, { judges: body })).body.judges.map(
        ({ apiKey }: { apiKey: string }) => apiKey,
      );
    const slashed = bare.map((judge) => ({ ...judge, baseUrl: `${judge.baseUrl}/` }));
    expect(await keysOf(slashed)).toEqual(["configured", "configured", "configured"]);
    const neighbour = bare.map((judge, index) => (index === 2 ? { ...judge, baseUrl: `${judge.baseUrl}/somebody-else` } : judge));
    expect(await keysOf(neighbour)).toEqual(["configured", "configured", "none"]);
    expect((await org.call("PATCH", `/v1/judge-panels/${panelId}`, { judges })).status).toBe(200);
    expect(await keysOf(bare)).toEqual(["configured", "configured", "configured"]);
    expect(await keysOf(moved)).toEqual(["none", "configured", "configured"]);
    expect(await keysOf(bare.map((judge, index) => (index === 1 ? { ...judge, apiKey: null } : judge)))).toEqual([
      "none",
      "none",
      "configured",
    ]);
  });

  it("is refused with fewer than three judges, one judge twice, or a judge that may not be called", async () => {
    const org = await createOrganization();
    const { judges } = judgesNamed(three);
    const [first] = judges;
    const pathsOf = async (given: readonly object[]) => {
      const { status, body } = await org.call("POST", "/v1/judge-panels", { name: "Judges", judges: given });
      return [status, ...(body.errors ?? []).map(({ path }: { path: string }) => path)];
    };
    expect(await pathsOf(judges.slice(1))).toEqual([400, "body.judges"]);
    expect(await pathsOf([...judges, { ...first, name: "again" }])).toEqual([400, "body.judges"]);
    const spelledOtherwise = { ...first, name: "again", baseUrl: `${first?.baseUrl.replace("http:", "HTTP:")}/` };
    expect(await pathsOf([...judges, spelledOtherwise])).toEqual([400, "body.judges"]);
    expect(await pathsOf([...judges, { ...first, model: "other" }])).toEqual([400, "body.judges"]);
    for (const baseUrl of [
      "http://judge.example.com",
      "https://10.0.0.1/v1",
      "https://judge.example.com/?a=b",
      "https://api.armalo.test/v1",
    ])
      expect(await pathsOf([...judges, { ...first, name: "elsewhere", baseUrl }]), baseUrl).toEqual([400, "body.judges.3.baseUrl"]);
    expect(await pathsOf([{ ...first, apiKey: "two\nlines" }, ...judges.slice(1)])).toEqual([400, "body.judges.0.apiKey"]);
  });

  it("goes out of service for good, and its keys with it", async () => {
    const org = await createOrganization();
    const { panelId } = await openPanel(org, three);
    const retired = await org.call("POST", `/v1/judge-panels/${panelId}/retire`);
    expect(retired.body.retiredAt).not.toBeNull();
    expect(await ownerSees("select keys from judge_panels where org_id = $1", org.orgId)).toEqual([{ keys: {} }]);
    for (const [method, path] of [
      ["POST", "/retire"],
      ["PATCH", ""],
    ] as const)
      expect((await org.call(method, `/v1/judge-panels/${panelId}${path}`, method === "PATCH" ? { name: "Back" } : undefined)).status).toBe(
        409,
      );
  });

  it("is no matter of a key that is bound to one agent", async () => {
    const org = await createOrganization();
    const agent = await org.call("POST", "/v1/agents", { externalId: "bot", name: "Bot" });
    const bound = await org.call("POST", "/v1/keys", { name: "bound", scopes: ["evals:read", "evals:write"], agentId: agent.body.id });
    const as = { authorization: `Bearer ${bound.body.key}` };
    const { panelId } = await openPanel(org, three);
    expect((await org.call("POST", "/v1/judge-panels", { name: "Own", judges: judgesNamed(three).judges }, as)).status).toBe(403);
    expect((await org.call("PATCH", `/v1/judge-panels/${panelId}`, { name: "Own" }, as)).status).toBe(403);
    expect((await org.call("POST", `/v1/judge-panels/${panelId}/retire`, undefined, as)).status).toBe(403);
  });
});
