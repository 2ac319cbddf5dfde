import { env } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { failDatabase, ownerSees } from "../support/harness.ts";
import { callApi, createOrganization, type TestOrganization } from "../support/organization.ts";

const wish = { name: "worker", scopes: ["keys:read"] };
const create = (org: TestOrganization, key: string, body: object = wish) => org.call("POST", "/v1/keys", body, { "idempotency-key": key });
const gateOf = (org: TestOrganization) => env.GATE.get(env.GATE.idFromName(org.orgId));
const keysOf = (org: TestOrganization) => ownerSees("select id from api_keys where org_id = $1", org.orgId);

/** What a crash of the Worker leaves behind: a lease that nobody gives back, and that has run out. */
const expireLease = (org: TestOrganization, state: "open" | "done" = "open") =>
  runInDurableObject(
    gateOf(org),
    (_gate, { storage }) => void storage.sql.exec("update idempotency set at = at - 61000, state = ?", state),
  );

/** The lease is given back after the answer, so a repeat may meet it for a moment. */
async function settled(attempt: () => Promise<Awaited<ReturnType<typeof create>>>) {
  let answer = await attempt();
  for (let tries = 0; answer.body?.code === "idempotency_in_progress" && tries < 50; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    answer = await attempt();
  }
  return answer;
}

describe("Idempotency-Key", () => {
  it("makes a change once and answers its repeat without the secret", async () => {
    const org = await createOrganization();
    const first = await create(org, "one");
    expect(first.body.key).toMatch(/^arm_live_/);
    const again = await settled(() => create(org, "one"));
    expect(again.status).toBe(201);
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect(again.body).toEqual({ ...first.body, key: null });
    expect(await keysOf(org)).toHaveLength(2);
  });

  it("refuses the same key with another body", async () => {
    const org = await createOrganization();
    await create(org, "two");
    expect((await settled(() => create(org, "two", { ...wish, name: "other" }))).body).toMatchObject({
      status: 422,
      code: "idempotency_mismatch",
    });
  });

  it("keeps principals apart", async () => {
    const org = await createOrganization();
    const other = (await create(org, "three", { name: "admin", scopes: ["keys:read", "keys:write"] })).body;
    const made = await callApi("POST", "/v1/keys", wish, {
      authorization: `Bearer ${other.key}`,
      "cf-connecting-ip": org.address,
      "idempotency-key": "three",
    });
    expect(made.status).toBe(201);
    expect(made.headers.get("idempotent-replayed")).toBeNull();
  });

  it("answers 409 while the first is under way, and runs one of a crowd", async () => {
    const org = await createOrganization();
    const crowd = await Promise.all(Array.from({ length: 8 }, () => create(org, "crowd")));
    expect(crowd.filter(({ status }) => status === 201).length).toBeGreaterThanOrEqual(1);
    expect(crowd.every(({ status }) => status === 201 || status === 409)).toBe(true);
    expect(await keysOf(org)).toHaveLength(2);
  });

  it("happens once where the answer was lost between commit and reply", async () => {
    const org = await createOrganization();
    await org.call("GET", "/v1/keys");
    await failDatabase(org.orgId, "after_commit", 1);
    expect((await create(org, "lost")).status).toBe(503);
    await failDatabase(org.orgId, "none");
    const again = await settled(() => create(org, "lost"));
    expect(again.status).toBe(201);
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect(await keysOf(org)).toHaveLength(2);
  });

  it("happens once where the Worker died with the lease, and where the gate forgot everything", async () => {
    const org = await createOrganization();
    const first = await create(org, "died");
    await settled(() => create(org, "died"));
    await expireLease(org);
    await evictDurableObject(gateOf(org));
    const again = await create(org, "died");
    expect(again.body.id).toBe(first.body.id);
    await settled(() => create(org, "died"));
    await runInDurableObject(gateOf(org), (_gate, { storage }) => void storage.sql.exec("delete from idempotency"));
    const forgotten = await create(org, "died");
    expect(forgotten.body.id).toBe(first.body.id);
    expect(await keysOf(org)).toHaveLength(2);
  });

  it("says so where the change was made but its answer is no longer kept", async () => {
    const org = await createOrganization();
    await create(org, "old");
    await runInDurableObject(gateOf(org), (_gate, { storage }) => void storage.sql.exec("delete from idempotency"));
    await ownerSees("delete from idempotent_answers where org_id = $1 returning 1", org.orgId);
    expect((await settled(() => create(org, "old"))).body).toMatchObject({ status: 409, code: "idempotency_key_expired" });
  });

  it("seals large answers as well as small ones", async () => {
    const org = await createOrganization();
    const agents = Array.from({ length: 50 }, (_, at) => ({ externalId: `a${at}`, name: `Agent ${at}`, description: "x".repeat(1900) }));
    const batch = () => org.call("POST", "/v1/agents/batch", { agents }, { "idempotency-key": "large" });
    const first = await batch();
    expect(first.status, first.text.slice(0, 300)).toBe(201);
    expect((await settled(batch)).body).toEqual(first.body);
  });

  it("is released by a failure, and refused where it is not printable", async () => {
    const org = await createOrganization();
    expect((await create(org, "bad", { name: "" })).status).toBe(400);
    expect((await settled(() => create(org, "bad", { name: "" }))).status).toBe(400);
    expect((await create(org, "with space")).body.errors[0].path).toBe("headers.Idempotency-Key");
  });

  it("keeps the stored answer sealed", async () => {
    const org = await createOrganization();
    const made = await create(org, "sealed");
    const [row] = await ownerSees("select sealed_body from idempotent_answers where org_id = $1", org.orgId);
    expect(String(row?.sealed_body)).not.toContain(made.body.id);
  });
});
