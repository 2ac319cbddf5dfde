import { openEmbedded } from "../../../src/local/database.ts";

// Writes rows one by one, and says of each that it was written, until somebody kills it.
const [dataDir = ""] = process.argv.slice(2);
const { pool } = await openEmbedded({ dataDir });
await pool.query("create table if not exists written (n bigint primary key)");
const { rows } = await pool.query("select coalesce(max(n), 0)::int as last from written");
for (let n = Number(rows[0].last) + 1; ; n += 1) {
  await pool.query("insert into written values ($1)", [n]);
  process.stdout.write(`${n}\n`);
}
