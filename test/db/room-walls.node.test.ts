import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type pg from "pg";
import type { Statement } from "../../src/local/sql-batch.ts";
import { newId } from "../../src/platform/ids.ts";
import { openTestDatabase } from "../support/harness-database.node.ts";
import { asApp, enter, event, newOrganization, statement } from "../support/raw-sql.node.ts";

const immutable = { code: "AR002" };
const denied = { code: "42501" };
const tables = ["swarms", "swarm_secrets", "rooms", "room_revocations"] as const;

let pool: pg.Pool;
let close: () => Promise<void>;
beforeAll(async () => ({ pool, close } = await openTestDatabase()));
afterAll(() => close());

const change = (orgId: string, ...statements: Statement[]) => asApp(pool, enter(orgId), event(orgId), ...statements);
const swarm = (orgId: string, id: string) => statement("insert into swarms values ($1, $2, 'Swarm', 1, 0, 1, now(), now())", orgId, id);
const secret = (orgId: string, id: string, generation: number) =>
  statement("insert into swarm_secrets values ($1, $2, $3, 'sealed', null, now())", orgId, id, generation);
const room = (orgId: string, swarmId: string, id: string) =>
  statement("insert into rooms values ($1, $2, $3, 'Room', '[]', 10, 1, 1, null, now(), now())", orgId, id, swarmId);
const revocation = (orgId: string, roomId: string, subject: string) =>
  statement(
    "insert into room_revocations values ($1, $2, $3, 'agent', $4, null, 'key:test', 1, null, now(), now())",
    orgId,
    newId("roomRevocation"),
    roomId,
    subject,
  );

async function world() {
  const orgId = await newOrganization(pool);
  const swarmId = newId("swarm");
  const roomId = `room_${crypto.randomUUID().replaceAll("-", "")}0`;
  await change(orgId, swarm(orgId, swarmId), secret(orgId, swarmId, 1), room(orgId, swarmId, roomId), revocation(orgId, roomId, "agt_a"));
  return { orgId, swarmId, roomId };
}

describe("swarms and rooms", () => {
  it("are seen and changed by their own organization alone", async () => {
    const { orgId, swarmId } = await world();
    const other = await newOrganization(pool);
    for (const table of tables) {
      const [, own] = await asApp(pool, enter(orgId), statement(`select 1 from ${table}`));
      expect(own?.rows, table).toHaveLength(1);
      const [, foreign] = await asApp(pool, enter(other), statement(`select 1 from ${table}`));
      expect(foreign?.rows, table).toHaveLength(0);
      const [nowhere] = await asApp(pool, statement(`select 1 from ${table}`));
      expect(nowhere?.rows, table).toHaveLength(0);
    }
    await expect(change(other, swarm(orgId, newId("swarm")))).rejects.toMatchObject({ code: "AR001" });
    await expect(change(other, room(other, swarmId, "room_x"))).rejects.toMatchObject({ code: "23503" });
    await expect(change(other, secret(other, swarmId, 2))).rejects.toMatchObject({ code: "23503" });
    await expect(change(other, statement("update swarms set open_rooms = 9"))).rejects.toMatchObject({
      code: "AR409",
    });
  });

  it("are not made without an event", async () => {
    const { orgId, swarmId, roomId } = await world();
    for (const row of [
      swarm(orgId, newId("swarm")),
      secret(orgId, swarmId, 2),
      room(orgId, swarmId, "room_y"),
      revocation(orgId, roomId, "agt_b"),
    ])
      await expect(asApp(pool, enter(orgId), row)).rejects.toMatchObject({ code: "AR001" });
  });

  it("are not deleted, moved, or given another secret by raw SQL", async () => {
    const { orgId } = await world();
    for (const table of tables) await expect(change(orgId, statement(`delete from ${table}`)), table).rejects.toMatchObject(denied);
    const sets = [
      "swarm_secrets set sealed_secret = 'other'",
      "swarm_secrets set generation = 7",
      "rooms set swarm_id = 'swm_other'",
      "rooms set id = 'room_other'",
      "room_revocations set subject = 'agt_other'",
      "room_revocations set room_id = 'room_other'",
    ];
    for (const set of sets) await expect(change(orgId, statement(`update ${set}`)), set).rejects.toMatchObject(denied);
  });
});

describe("a swarm's secret", () => {
  it("is the only one that signs, and verifies no longer than was said", async () => {
    const { orgId, swarmId } = await world();
    await expect(change(orgId, secret(orgId, swarmId, 2))).rejects.toMatchObject({ code: "23505" });
    const ends = (until: string) =>
      change(orgId, statement(`update swarm_secrets set verifies_until = ${until} where swarm_id = $1`, swarmId));
    await ends("now() + interval '10 minutes'");
    await change(orgId, secret(orgId, swarmId, 2));
    await expect(ends("null")).rejects.toMatchObject(immutable);
    await expect(ends("now() + interval '1 hour'")).rejects.toMatchObject(immutable);
    await ends("now()");
  });
});

describe("a room", () => {
  it("that was closed stays as it is", async () => {
    const { orgId, roomId } = await world();
    const update = (set: string) => change(orgId, statement(`update rooms set ${set} where id = $1`, roomId));
    await update("name = 'Renamed'");
    await update("closed_at = now()");
    for (const set of ["closed_at = null", "topics = '[{}]'"]) await expect(update(set)).rejects.toMatchObject(immutable);
  });

  it("has one standing revocation of an agent, and another once that was lifted", async () => {
    const { orgId, roomId } = await world();
    await expect(change(orgId, revocation(orgId, roomId, "agt_a"))).rejects.toMatchObject({ code: "23505" });
    await change(orgId, statement("update room_revocations set lifted_at = now() where room_id = $1", roomId));
    await change(orgId, revocation(orgId, roomId, "agt_a"));
  });

  it("tells whose it is, and nothing more, to whoever names it", async () => {
    const { orgId, roomId } = await world();
    const [found] = await asApp(pool, statement("select app.room_org($1)", roomId));
    expect(found?.rows).toEqual([[orgId]]);
    const [none] = await asApp(pool, statement("select app.room_org('room_none')"));
    expect(none?.rows).toEqual([[null]]);
    await pool.query("begin; set local role armalo_system");
    await expect(pool.query("select name from rooms")).rejects.toMatchObject(denied);
    await pool.query("rollback");
  });
});
