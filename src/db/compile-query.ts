import { fillPlaceholders } from "drizzle-orm";
import type { RunnableQuery } from "drizzle-orm/runnable-query";
import type { Query, ScopedDb } from "./tenant-db.ts";

type Buildable = Query & { prepare(name: string): { getQuery(): { sql: string; params: unknown[] } } };
/** What a batch asks of a query. */
type Prepared = {
  getQuery(): { sql: string; params: unknown[] };
  isResponseInArrayMode(): boolean;
  mapResult(response: unknown, isFromBatch?: boolean): unknown;
};
type Batchable<Q extends Query> = RunnableQuery<Q["_"]["result"], "pg">;

/**
 * A query that is built once and asked often: building it is most of what a read costs the Worker. What differs from call to call
 * is a `sql.placeholder`; the one named `orgId` is always the organization's.
 */
export function compileQuery<Q extends Buildable>(
  build: (orm: ScopedDb["orm"]) => Q,
): (db: ScopedDb, values: Readonly<Record<string, unknown>>) => Batchable<Q> {
  const compiled = new WeakMap<ScopedDb["orm"], Prepared>();
  return ({ orm, orgId }, values) => {
    const prepared = compiled.get(orm) ?? asPrepared(build(orm).prepare("compiled"));
    compiled.set(orm, prepared);
    const { sql, params } = prepared.getQuery();
    return asBatchable<Q>({
      getQuery: () => ({ sql, params: fillPlaceholders(params, { ...values, orgId }) }),
      isResponseInArrayMode: () => prepared.isResponseInArrayMode(),
      mapResult: (response, isFromBatch) => prepared.mapResult(response, isFromBatch),
    });
  };
}

// drizzle keeps from its types what its own batch() calls. Its version is pinned, and a test compares the two.
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
const asPrepared = (prepared: object): Prepared => prepared as Prepared;
const asBatchable = <Q extends Query>(prepared: Prepared): Batchable<Q> =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
  ({ _prepare: () => prepared }) as unknown as Batchable<Q>;
