import { randomBytes } from "node:crypto";
import pg from "pg";
import { actOnPlatform, type RunAsAdmin } from "./act.ts";

/** Gives the Worker's role a new random password, together with its event, and answers it. `run` belongs to the database's owner. */
export async function setDatabasePassword(run: RunAsAdmin): Promise<string> {
  const password = randomBytes(32).toString("base64url");
  const act = { action: "database_password.set", resource: "armalo_app", change: {} } as const;
  await actOnPlatform(run, act, [
    // Back from armalo_admin to the owner, who alone may do this. A password cannot be a parameter.
    { query: "reset role", params: [] },
    { query: `alter role armalo_app password ${pg.escapeLiteral(password)}`, params: [] },
  ]);
  return password;
}
