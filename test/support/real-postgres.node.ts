import type pg from "pg";
import { afterAll, beforeAll } from "vitest";
import type { LocalDatabase } from "../../src/local/database.ts";
import { startRealPostgres, whyNoRealPostgres, type RealPostgres } from "../../src/local/real-postgres.ts";

/** Whether to leave out the tests that need PostgreSQL's own server. In CI nothing is left out: there it is a failure. */
export async function skipsRealPostgres(): Promise<boolean> {
  const reason = await whyNoRealPostgres();
  if (reason === undefined) return false;
  if (process.env["CI"] !== undefined) throw new Error(`PostgreSQL is needed here: ${reason}`);
  console.warn(`Left out, because ${reason}.`);
  return true;
}

/** A migrated server: `owner` is who owns its database and is no superuser, `app` the Worker's role. */
type Server = { readonly owner: pg.Pool; readonly ownerUrl: string; readonly app: pg.Pool };

/** A server of PostgreSQL's own for the `describe` that calls this, open from its first `beforeAll` on until all of its tests are done. */
export function usePostgres(connections = 32): Server {
  let server: RealPostgres;
  let app: LocalDatabase;
  beforeAll(async () => {
    server = await startRealPostgres({ fsync: false });
    app = await server.connectAs("armalo_app", connections);
  });
  afterAll(async () => {
    await app.close();
    await server.close();
  });
  return {
    get owner() {
      return server.owner.pool;
    },
    get ownerUrl() {
      return server.ownerUrl;
    },
    get app() {
      return app.pool;
    },
  };
}
