import { describe, expect, it } from "vitest";
import type pg from "pg";
import { insertRawCosignature, newRawOffer, newRawPact, signRaw, type RawPact } from "../support/raw-pacts.node.ts";
import { skipsRealPostgres, usePostgres } from "../support/real-postgres.node.ts";
import { asApp, enter, event, newOrganization, statement } from "../support/raw-sql.node.ts";

const skip = await skipsRealPostgres();

describe.skipIf(skip)("a pact that is co-signed and ended at once, on a PostgreSQL server", () => {
  const server = usePostgres(16);

  const retire = (pact: RawPact) =>
    asApp(
      server.app,
      enter(pact.orgId),
      event(pact.orgId),
      statement("update pacts set state = 'retired', revision = 2 where id = $1 and revision = 1", pact.id),
    );
  const world = async () => {
    const [pact, signer] = [await newRawPact(server.owner), await newOrganization(server.owner)];
    return { pact, signer, offer: await newRawOffer(server.app, pact) };
  };

  /** Begins a transaction with these statements and leaves it open. */
  const hold = async (...statements: ReturnType<typeof statement>[]): Promise<{ client: pg.PoolClient; end: () => Promise<void> }> => {
    const client = await server.app.connect();
    await client.query("begin");
    for (const { query, params } of statements) await client.query(query, [...params]);
    return {
      client,
      end: async () => {
        await client.query("commit");
        client.release();
      },
    };
  };

  /** Whether work is still waiting after a while. */
  const waits = async (work: Promise<unknown>): Promise<boolean> => {
    const settled = work.then(
      () => false,
      () => false,
    );
    return Promise.race([settled, new Promise<boolean>((resolve) => setTimeout(() => resolve(true), 300))]);
  };

  it("is not co-signed once it is retired, though the signature began while it was not", async () => {
    const { pact, signer, offer } = await world();
    const retiring = await hold(
      enter(pact.orgId),
      event(pact.orgId),
      statement("update pacts set state = 'retired', revision = 2 where id = $1", pact.id),
    );
    const signing = signRaw(server.app, signer, offer.tokenHash, pact.digest);
    expect(await waits(signing)).toBe(true);
    await retiring.end();
    await expect(signing).rejects.toMatchObject({ code: "AR409" });
  });

  it("is retired after the signature that came first", async () => {
    const { pact, signer, offer } = await world();
    const signing = await hold(enter(signer), event(signer), insertRawCosignature(signer, offer.tokenHash, pact.digest));
    const retiring = retire(pact);
    expect(await waits(retiring)).toBe(true);
    await signing.end();
    await retiring;
    const [, seen] = await asApp(server.app, enter(signer), statement("select app.cosigned_pact_state(id) from pact_cosignatures"));
    expect(seen?.rows).toEqual([["retired"]]);
  });

  it("is not co-signed under an offer that is being withdrawn", async () => {
    const { pact, signer, offer } = await world();
    const withdrawing = await hold(
      enter(pact.orgId),
      event(pact.orgId),
      statement("update pact_offers set withdrawn_at = now() where id = $1", offer.id),
    );
    const signing = signRaw(server.app, signer, offer.tokenHash, pact.digest);
    expect(await waits(signing)).toBe(true);
    await withdrawing.end();
    await expect(signing).rejects.toMatchObject({ code: "AR404" });
  });

  it("ends one way or the other, without a deadlock, where many do both to each other", async () => {
    const worlds = await Promise.all(
      Array.from({ length: 6 }, async () => {
        const [left, right] = [await newRawPact(server.owner), await newRawPact(server.owner)];
        return { left, right, offers: [await newRawOffer(server.app, left), await newRawOffer(server.app, right)] as const };
      }),
    );
    const outcomes = await Promise.allSettled(
      worlds.flatMap(({ left, right, offers: [ofLeft, ofRight] }) => [
        signRaw(server.app, right.orgId, ofLeft.tokenHash, left.digest),
        signRaw(server.app, left.orgId, ofRight.tokenHash, right.digest),
        retire(left),
        retire(right),
      ]),
    );
    const faults = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason.code] : []));
    expect(faults.filter((code) => code !== "AR409")).toEqual([]);
    const late = await server.owner.query("select 1 from pg_locks where not granted");
    expect(late.rows).toEqual([]);
  });
});
