import pg from "pg";

export type Statement = { readonly query: string; readonly params: readonly unknown[] };

export type Batch = {
  /** The role that every statement runs as, taken with `set local role`: PGlite makes each connection a superuser. */
  readonly role: string;
  readonly statements: readonly Statement[];
  readonly isolation?: "read uncommitted" | "read committed" | "repeatable read" | "serializable";
  readonly readOnly?: boolean;
  readonly deferrable?: boolean;
};

/** A result as Neon's HTTP answers it: rows are arrays of PostgreSQL's own text. */
export type RawResult = {
  readonly command: string;
  readonly rowCount: number | null;
  readonly rowAsArray: true;
  readonly fields: readonly { readonly name: string; readonly dataTypeID: number }[];
  readonly rows: readonly (readonly (string | null)[])[];
};

const rawText = { getTypeParser: () => (value: string) => value };

/** Runs the statements in one transaction, all or nothing. What PostgreSQL refuses is thrown as `pg.DatabaseError`. */
export async function runBatch(pool: pg.Pool, batch: Batch): Promise<RawResult[]> {
  const client = await pool.connect();
  let fault: Error | undefined;
  try {
    await client.query(begin(batch));
    const results: RawResult[] = [];
    for (const statement of batch.statements) results.push(await runStatement(client, statement));
    await client.query("commit");
    return results;
  } catch (error) {
    fault = await rollBack(client, error);
    throw error;
  } finally {
    client.release(fault);
  }
}

function begin({ role, isolation, readOnly, deferrable }: Batch): string {
  const modes = [
    ...(isolation ? [`isolation level ${isolation}`] : []),
    ...(readOnly === undefined ? [] : [readOnly ? "read only" : "read write"]),
    ...(deferrable === undefined ? [] : [deferrable ? "deferrable" : "not deferrable"]),
  ];
  return `begin ${modes.join(" ")}; set local role ${pg.escapeIdentifier(role)}`;
}

async function runStatement(client: pg.PoolClient, { query, params }: Statement): Promise<RawResult> {
  // The extended protocol takes one statement only, as Neon does.
  const config: pg.QueryArrayConfig & { queryMode: "extended" } = {
    text: query,
    values: [...params],
    rowMode: "array",
    types: rawText,
    queryMode: "extended",
  };
  const { command, rowCount, fields, rows } = await client.query(config);
  return {
    command,
    rowCount,
    rowAsArray: true,
    fields: fields.map(({ name, dataTypeID }) => ({ name, dataTypeID })),
    rows,
  };
}

/** Undefined where the connection can be used again; otherwise the error that makes the pool drop it. */
async function rollBack(client: pg.PoolClient, cause: unknown): Promise<Error | undefined> {
  if (!(cause instanceof pg.DatabaseError)) return cause instanceof Error ? cause : new Error(String(cause));
  try {
    await client.query("rollback");
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
