import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type pg from "pg";
import { runBatch } from "../../src/local/sql-batch.ts";
import { newId } from "../../src/platform/ids.ts";
import { openTestDatabase } from "../support/harness-database.node.ts";
import { insertRawCosignature, newRawOffer, newRawPact, signRaw } from "../support/raw-pacts.node.ts";
import { asApp, enter, event, newOrganization, statement } from "../support/raw-sql.node.ts";

let pool: pg.Pool;
let close: () => Promise<void>;
beforeAll(async () => ({ pool, close } = await openTestDatabase()));
afterAll(() => close());

const notFound = { code: "AR404" };
const denied = { code: "42501" };

/** A promisor's pact, its offer, and who signs. */
async function world(wish: Parameters<typeof newRawOffer>[2] = {}) {
  const [pact, signer] = [await newRawPact(pool), await newOrganization(pool)];
  return { pact, signer, offer: await newRawOffer(pool, pact, wish) };
}

async function signedWorld() {
  const made = await world();
  const id = newId("cosignature");
  await signRaw(pool, made.signer, made.offer.tokenHash, made.pact.digest, id);
  return { ...made, id };
}

const as = (orgId: string, query: string, ...params: unknown[]) =>
  asApp(pool, enter(orgId), statement(query, ...params)).then(([, result]) => result?.rows);
const change = (orgId: string, query: string, ...params: unknown[]) => asApp(pool, enter(orgId), event(orgId), statement(query, ...params));

describe("a co-signature's row", () => {
  it("says of the other side what is so, whatever is sent", async () => {
    const { pact, signer, offer, id } = await signedWorld();
    const seen = await as(
      signer,
      `select offer_id, promisor_org_id, promisor_environment, pact_id, lineage_id, version, environment, event_seq
         from pact_cosignatures where id = $1`,
      id,
    );
    expect(seen).toEqual([[offer.id, pact.orgId, "test", pact.id, pact.id, "1", "test", "2"]]);
  });

  it("is written only by whom an offer that stands is for, under the active digest", async () => {
    const { pact, signer, offer } = await world();
    await expect(signRaw(pool, signer, "hash-unknown", pact.digest)).rejects.toMatchObject(notFound);
    await expect(signRaw(pool, signer, offer.tokenHash, "sha256:other")).rejects.toMatchObject({ code: "AR409" });
    await expect(signRaw(pool, pact.orgId, offer.tokenHash, pact.digest), "its own pact").rejects.toMatchObject(notFound);
    const named = await newRawOffer(pool, pact, { counterparty: signer });
    await expect(signRaw(pool, await newOrganization(pool), named.tokenHash, pact.digest)).rejects.toMatchObject(notFound);
    const expired = await newRawOffer(pool, pact, { expires: "-1 second" });
    await expect(signRaw(pool, signer, expired.tokenHash, pact.digest)).rejects.toMatchObject(notFound);
    const withdrawn = await newRawOffer(pool, pact);
    await change(pact.orgId, "update pact_offers set withdrawn_at = now() where id = $1", withdrawn.id);
    await expect(signRaw(pool, signer, withdrawn.tokenHash, pact.digest)).rejects.toMatchObject(notFound);
    await signRaw(pool, signer, named.tokenHash, pact.digest);
    await expect(signRaw(pool, signer, offer.tokenHash, pact.digest), "twice").rejects.toMatchObject({
      constraint: "pact_cosignatures_standing",
    });
    await expect(signRaw(pool, await newOrganization(pool), offer.tokenHash, pact.digest)).resolves.toBeDefined();
    await expect(signRaw(pool, await newOrganization(pool), offer.tokenHash, pact.digest), "a taken offer").rejects.toMatchObject({
      constraint: "pact_cosignatures_offer",
    });
    const later = await newRawOffer(pool, pact);
    await change(pact.orgId, "update pacts set state = 'retired' where id = $1", pact.id);
    await expect(signRaw(pool, await newOrganization(pool), later.tokenHash, pact.digest)).rejects.toMatchObject({ code: "AR409" });
  });

  it("changes in nothing but its withdrawal, and that once", async () => {
    const { pact, signer, id } = await signedWorld();
    for (const set of ["statement = 'x'", "pact_digest = 'x'", "terms = '[]'", "promisor_org_id = 'x'", "signed_at = now()"])
      await expect(change(signer, `update pact_cosignatures set ${set}`), set).rejects.toMatchObject(denied);
    const other = change(pact.orgId, "update pact_cosignatures set withdrawn_at = now(), withdrawn_reason = 'x' where id = $1", id);
    await expect(other, "by the other side").rejects.toMatchObject({ code: "AR409" });
    await change(signer, "update pact_cosignatures set withdrawn_at = now(), withdrawn_reason = 'mistaken' where id = $1", id);
    const again = change(signer, "update pact_cosignatures set withdrawn_at = null, withdrawn_reason = null where id = $1", id);
    await expect(again).rejects.toMatchObject({ code: "AR002" });
    await expect(pool.query("delete from pact_cosignatures")).rejects.toMatchObject({ code: "AR002" });
    await expect(pool.query("delete from pact_offers")).rejects.toMatchObject({ code: "AR002" });
  });

  it("is given by nobody for another organization", async () => {
    const { pact, signer, offer } = await world();
    const forOther = asApp(pool, enter(pact.orgId), event(pact.orgId), insertRawCosignature(signer, offer.tokenHash, pact.digest));
    await expect(forOther).rejects.toMatchObject({ code: "AR001" });
  });
});

describe("an offer's row", () => {
  it("stays withdrawn, and noted, once it is", async () => {
    const { pact, offer } = await world();
    const set = (columns: string) => change(pact.orgId, `update pact_offers set ${columns} where id = $1`, offer.id);
    await set("withdrawn_at = now(), signing_noted_at = now(), withdrawal_noted_at = now()");
    for (const column of ["withdrawn_at", "signing_noted_at", "withdrawal_noted_at"])
      await expect(set(`${column} = null`), column).rejects.toMatchObject({ code: "AR002" });
    for (const columns of ["expires_at = now() + interval '9 years'", "token_hash = 'x'", "counterparty_org_id = null", "pact_id = 'x'"])
      await expect(set(columns), columns).rejects.toMatchObject(denied);
  });
});

describe("what each side learns of the other", () => {
  it("is the co-signature of an own offer, without the signer's credential, token and copy", async () => {
    const { pact, signer, offer, id } = await signedWorld();
    const look = async (orgId: string) => (await as(orgId, "select app.received_cosignature($1)", offer.id))?.[0]?.[0] ?? null;
    const seen = JSON.parse((await look(pact.orgId)) ?? "null");
    expect(seen).toMatchObject({ id, org_id: signer, pact_digest: pact.digest });
    for (const hidden of ["signed_by", "token_hash", "terms", "event_seq", "revision"]) expect(seen).not.toHaveProperty(hidden);
    expect(await look(signer), "by the signer through the promisor's door").toBeNull();
    expect(await look(await newOrganization(pool))).toBeNull();
    const cosigners = (orgId: string) => as(orgId, "select org_id, id from app.cosigners($1)", pact.id);
    expect(await cosigners(pact.orgId)).toEqual([[signer, id]]);
    expect(await cosigners(signer)).toEqual([]);
  });

  it("is the state of the pact that it has signed, and of no other", async () => {
    const { pact, signer, id } = await signedWorld();
    const state = async (orgId: string) => (await as(orgId, "select app.cosigned_pact_state($1)", id))?.[0]?.[0];
    expect(await state(signer)).toBe("active");
    await change(pact.orgId, "update pacts set state = 'retired' where id = $1", pact.id);
    expect(await state(signer)).toBe("retired");
    expect(await state(await newOrganization(pool))).toBeNull();
  });

  it("is nothing of its rows by SQL: each sees its own alone", async () => {
    const { pact, signer } = await signedWorld();
    expect(await as(pact.orgId, "select id from pact_cosignatures")).toEqual([]);
    expect(await as(signer, "select id from pact_offers")).toEqual([]);
    expect(await as(signer, "select id from pacts")).toEqual([]);
  });

  it("begins with a door that opens to whom the offer is for, and to its own organization", async () => {
    const { pact, signer, offer } = await signedWorld();
    const look = (hash: string, reader: string) =>
      asApp(pool, statement("select app.enter_offer($1, $2, 'req_test')", hash, reader), statement("select app.org()"));
    for (const reader of [signer, pact.orgId]) expect((await look(offer.tokenHash, reader))[1]?.rows).toEqual([[pact.orgId]]);
    await expect(look(offer.tokenHash, await newOrganization(pool)), "taken by another").rejects.toMatchObject(notFound);
    const named = await newRawOffer(pool, pact, { counterparty: signer });
    await expect(look(named.tokenHash, await newOrganization(pool)), "for another").rejects.toMatchObject(notFound);
    await expect(look((await newRawOffer(pool, pact, { expires: "-1 second" })).tokenHash, signer)).rejects.toMatchObject(notFound);
    const withdrawn = await newRawOffer(pool, pact);
    await change(pact.orgId, "update pact_offers set withdrawn_at = now() where id = $1", withdrawn.id);
    await expect(look(withdrawn.tokenHash, signer)).rejects.toMatchObject(notFound);
    const received = (promisor: string) =>
      asApp(pool, statement("select app.enter_received($1, $2, 'req_test')", promisor, offer.id), statement("select app.org()"));
    expect((await received(pact.orgId))[1]?.rows).toEqual([[signer]]);
    await expect(received(signer)).rejects.toMatchObject(notFound);
  });

  it("is found by the sweep until the promisor's log has noted it", async () => {
    const { pact, signer, offer, id } = await signedWorld();
    const unnoted = async (before: string) => {
      const query = "select id from app.unnoted_offers(now() + $1::interval, 500) where org_id = $2";
      return (await asApp(pool, statement(query, before, pact.orgId)))[0]?.rows.flat();
    };
    const note = (column: string) => change(pact.orgId, `update pact_offers set ${column} = now() where id = $1`, offer.id);
    expect(await unnoted("-1 minute"), "not yet late").toEqual([]);
    expect(await unnoted("1 minute")).toEqual([offer.id]);
    await note("signing_noted_at");
    expect(await unnoted("1 minute")).toEqual([]);
    await change(signer, "update pact_cosignatures set withdrawn_at = now(), withdrawn_reason = 'mistaken' where id = $1", id);
    expect(await unnoted("1 minute")).toEqual([offer.id]);
    await note("withdrawal_noted_at");
    expect(await unnoted("1 minute")).toEqual([]);
  });

  it("is for anyone what was withdrawn: id, time and reason", async () => {
    const { signer, id } = await signedWorld();
    const list = async () =>
      JSON.parse((await asApp(pool, statement("select app.withdrawn_cosignatures($1)", signer)))[0]?.rows[0]?.[0] ?? "");
    expect(await list()).toEqual([]);
    await change(signer, "update pact_cosignatures set withdrawn_at = now(), withdrawn_reason = 'mistaken' where id = $1", id);
    expect(await list()).toEqual([{ id, at: expect.any(String), reason: "mistaken" }]);
  });

  it("lets the role that locks the rows of both change none of them, the audit triggers off too", async () => {
    const { pact } = await signedWorld();
    for (const table of ["pacts", "pact_offers"]) {
      const query = statement(`update ${table} set revision = 9 where org_id = $1`, pact.orgId);
      const touch = () => runBatch(pool, { role: "armalo_system", statements: [query] });
      await expect(touch(), table).rejects.toMatchObject({ code: "AR001" });
      await pool.query(`alter table ${table} disable trigger audited`);
      await expect(touch(), table).rejects.toMatchObject(denied);
      await pool.query(`alter table ${table} enable trigger audited`);
    }
  });
});
