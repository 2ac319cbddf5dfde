import { whyNoRealPostgres } from "../../src/local/real-postgres.ts";

/** Whether to leave out the tests that need PostgreSQL's own server. In CI nothing is left out: there it is a failure. */
export async function skipsRealPostgres(): Promise<boolean> {
  const reason = await whyNoRealPostgres();
  if (reason === undefined) return false;
  if (process.env["CI"] !== undefined) throw new Error(`PostgreSQL is needed here: ${reason}`);
  console.warn(`Left out, because ${reason}.`);
  return true;
}
