import { randomBytes } from "node:crypto";
import { openExternal } from "../database.ts";
import { startSqlServer } from "../sql-server.ts";

// A child process of the bench: says where it listens, and ends with its parent.
const database = openExternal(process.env["DATABASE_URL"] ?? "", 40);
const passwords = { armalo_app: randomBytes(24).toString("base64url") };
const { endpoint, connectionString } = await startSqlServer({ pool: database.pool, passwords });
process.once("disconnect", () => process.exit());
process.send?.({ endpoint, connectionString: connectionString("armalo_app") });
