import { neon, neonConfig } from "@neondatabase/serverless";
import { drizzle, type NeonHttpDatabase } from "drizzle-orm/neon-http";

/** One door for changes and one for reads: drizzle's batch takes no options, so read-only is the client's. */
export type DatabaseClient = { readonly writer: NeonHttpDatabase; readonly reader: NeonHttpDatabase };

export type DatabaseAddress = { readonly databaseUrl: string; readonly databaseEndpoint: string | undefined };

const clients = new Map<string, DatabaseClient>();

/** The isolate's client for a database, made at the first use; it holds no connection. */
export function databaseClient({ databaseUrl, databaseEndpoint }: DatabaseAddress): DatabaseClient {
  const known = clients.get(databaseUrl);
  if (known !== undefined) return known;
  if (databaseEndpoint !== undefined) neonConfig.fetchEndpoint = databaseEndpoint;
  const client = {
    writer: drizzle(neon(databaseUrl), { casing: "snake_case" }),
    reader: drizzle(neon(databaseUrl, { readOnly: true, isolationLevel: "RepeatableRead" }), { casing: "snake_case" }),
  };
  clients.set(databaseUrl, client);
  return client;
}
