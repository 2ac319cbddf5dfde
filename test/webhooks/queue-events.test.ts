import { and, eq } from "drizzle-orm";
import { PgRaw } from "drizzle-orm/pg-core/query-builders/raw";
import { describe, expect, it, vi } from "vitest";
import { openSystemDb } from "../../src/access/system-principal.ts";
import { databaseClient } from "../../src/db/client.ts";
import { agents } from "../../src/db/schema/agents.ts";
import type { ScopedDb } from "../../src/db/tenant-db.ts";
import { newId } from "../../src/platform/ids.ts";
import type { Announcement } from "../../src/webhooks/event-schemas.ts";
import { failDatabase, ownerSees, roundTrips } from "../support/harness.ts";
import { createOrganization, type TestOrganization } from "../support/organization.ts";
import { environment } from "../support/rooms.ts";
import { newPact } from "../features/pacts/pact-world.ts";
import { addEndpoint, dataOf, everyType, toldTo } from "./hook-world.ts";

const activate = (org: TestOrganization, id: string, headers?: Record<string, string>) =>
  org.call("POST", `/v1/pacts/${id}/activate`, undefined, headers);

const keyRevoked = ({ keyId }: TestOrganization) =>
  ({ type: "key.revoked", data: { keyId, revokedAt: new Date().toISOString() } }) as const satisfies Announcement;

const touchNothing = ({ orm, orgId }: ScopedDb) =>
  orm
    .update(agents)
    .set({ updatedAt: new Date() })
    .where(and(eq(agents.orgId, orgId), eq(agents.id, newId("agent"))));

describe("what an audited write announces", () => {
  it("is queued once for each enabled endpoint that lists its type, with the audit event that it tells of", async () => {
    const org = await createOrganization();
    const { id } = await newPact(org);
    const heard = [await addEndpoint(org, ["pact.activated"]), await addEndpoint(org, everyType)];
    await addEndpoint(org, []);
    await addEndpoint(org, ["key.created", "key.revoked"]);
    await addEndpoint(org, everyType, { status: "disabled", disabledReason: "operator" });
    await addEndpoint(org, everyType, { status: "deleted" });
    const activated = await activate(org, id);
    expect(activated.status).toBe(200);
    expect(await roundTrips(activated.requestId)).toBe(2);
    const told = await toldTo(org);
    expect(told.map(({ endpointId }) => endpointId)).toEqual(heard.toSorted());
    expect(new Set(told.map((one) => one.id)).size).toBe(1);
    expect(told[0]).toMatchObject({ type: "pact.activated", action: "pact.activated", resource: id, data: { pactId: id } });
    const [delivery] = await ownerSees(
      "select attempts, scheduled_at, created_at from webhook_deliveries where org_id = $1 limit 1",
      org.orgId,
    );
    expect(delivery?.scheduled_at).toBe(delivery?.created_at);
  });

  it("reaches no other organization's endpoints", async () => {
    const [org, other] = [await createOrganization(), await createOrganization()];
    const { id } = await newPact(org);
    await addEndpoint(other, everyType);
    await activate(org, id);
    expect([await toldTo(org), await toldTo(other)]).toEqual([[], []]);
  });

  it.each([
    ["free", 0],
    ["pro", 1],
    ["enterprise", 1],
  ] as const)("is queued where the plan has webhooks: on %s, for %i endpoints of one", async (plan, heardBy) => {
    const org = await createOrganization({ plan });
    await addEndpoint(org, everyType);
    const { id } = await newPact(org);
    expect((await activate(org, id)).status).toBe(200);
    expect(await toldTo(org)).toHaveLength(heardBy);
  });

  it("is not kept at all where nobody hears it", async () => {
    const org = await createOrganization();
    const { id } = await newPact(org);
    await addEndpoint(org, ["key.created"]);
    await activate(org, id);
    expect(await ownerSees("select id from webhook_events where org_id = $1", org.orgId)).toEqual([]);
  });

  it("is one for a request that is repeated with its Idempotency-Key, at once or later, and none for a change that is refused", async () => {
    const org = await createOrganization();
    const { id } = await newPact(org);
    await addEndpoint(org, everyType);
    const key = { "idempotency-key": crypto.randomUUID() };
    const answers = await Promise.all([activate(org, id, key), activate(org, id, key), activate(org, id, key)]);
    expect(answers.map(({ status }) => status)).toContain(200);
    expect((await activate(org, id, key)).status).toBe(200);
    expect((await activate(org, id)).status).toBe(409);
    expect(dataOf(await toldTo(org), "pact.activated")).toHaveLength(1);
  });

  it("is one where several activate the same pact at once", async () => {
    const org = await createOrganization();
    const { id } = await newPact(org);
    await addEndpoint(org, everyType);
    const answers = await Promise.all(Array.from({ length: 6 }, () => activate(org, id)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(dataOf(await toldTo(org), "pact.activated")).toHaveLength(1);
  });

  it("is none where the transaction failed, and one where the answer alone was lost", async () => {
    const org = await createOrganization();
    await addEndpoint(org, everyType);
    const { id } = await newPact(org);
    const key = { "idempotency-key": crypto.randomUUID() };
    await failDatabase(org.orgId, "down", 1);
    expect((await activate(org, id, key)).status).toBe(503);
    expect(await toldTo(org)).toEqual([]);
    // Its reading comes first; what is lost is the answer to the write.
    await failDatabase(org.orgId, "after_commit", 2);
    expect((await activate(org, id, key)).status).toBe(503);
    await failDatabase(org.orgId, "none");
    expect((await activate(org, id, key)).status).toBe(200);
    expect(dataOf(await toldTo(org), "pact.activated")).toHaveLength(1);
  });

  it("goes with everything else where a change of its transaction matches no row", async () => {
    const org = await createOrganization();
    await addEndpoint(org, everyType);
    const announces = [keyRevoked(org)] as const;
    const event = { action: "key.revoked", resource: org.keyId, change: null, answer: null, announces } as const;
    const tenant = openSystemDb(environment(), org.orgId, "system:test");
    await expect(tenant.write(event, (db) => [touchNothing(db)])).rejects.toMatchObject({ code: "state_conflict" });
    expect(await toldTo(org)).toEqual([]);
    await tenant.write(event, () => []);
    expect(dataOf(await toldTo(org), "key.revoked")).toEqual([announces[0].data]);
  });

  it("costs one statement of the same batch however much it is, and none where nothing is announced", async () => {
    const org = await createOrganization();
    await addEndpoint(org, everyType);
    const batch = vi.spyOn(databaseClient(environment()).writer, "batch");
    const tenant = openSystemDb(environment(), org.orgId, "system:test");
    const consequence = { action: "score.changed", resource: "agt_a", change: null } as const;
    const write = (announces: readonly Announcement[]) =>
      tenant.write(
        {
          action: "key.revoked",
          resource: org.keyId,
          change: null,
          answer: null,
          announces,
          consequences: [{ ...consequence, announces }],
        },
        () => [],
      );
    await write([]);
    await write([keyRevoked(org), keyRevoked(org)]);
    // Meanwhile the endpoints' objects write what came of their attempts.
    const own = batch.mock.calls.filter(([[entry]]) => entry instanceof PgRaw && entry.getQuery().params.includes(tenant.requestId));
    expect(own.map(([statements]) => statements.length)).toEqual([3, 4]);
    batch.mockRestore();
    expect((await toldTo(org)).map(({ action }) => action)).toEqual(["key.revoked", "key.revoked", "score.changed", "score.changed"]);
  });
});
