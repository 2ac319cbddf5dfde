import type { Batch } from "../../src/local/sql-batch.ts";
import type { Observer } from "../../src/local/sql-server.ts";

type Fault = { mode: "down" | "after_commit"; times: number; skip: number };

export type Watch = {
  readonly observer: Observer;
  /** How many transactions a request made; with null, those that named no request. */
  readonly trips: (requestId: string | null) => number;
  /** Makes the organization's next transactions, but for the first `skip`, fail: before they run, or after they were committed. */
  readonly fail: (orgId: string, mode: Fault["mode"] | "none", times: number, skip: number) => void;
};

/** Counts the Worker's round trips by the request that app.enter names, and fails them where a test asks for it. */
export function watchTransactions(): Watch {
  const tripsOf = new Map<string | null, number>();
  const faults = new Map<string, Fault>();

  const failIfAsked = (batch: Batch, mode: Fault["mode"]): void => {
    const { orgId } = entered(batch);
    const fault = orgId === null ? undefined : faults.get(orgId);
    if (fault === undefined || fault.mode !== mode || fault.times === 0) return;
    if (fault.skip > 0) {
      fault.skip -= 1;
      return;
    }
    fault.times -= 1;
    throw new Error(`the test asked for a database that is ${mode}`);
  };

  return {
    observer: {
      before: (batch) => {
        const { requestId } = entered(batch);
        tripsOf.set(requestId, (tripsOf.get(requestId) ?? 0) + 1);
        failIfAsked(batch, "down");
      },
      after: (batch) => failIfAsked(batch, "after_commit"),
    },
    trips: (requestId) => tripsOf.get(requestId) ?? 0,
    fail: (orgId, mode, times, skip) => {
      if (mode === "none") faults.delete(orgId);
      else faults.set(orgId, { mode, times, skip });
    },
  };
}

function entered({ statements: [first] }: Batch): { orgId: string | null; requestId: string | null } {
  const [, publicly] = /^select app\.enter(_\w+)?\((?:\$\d, ?)*\$\d\)$/i.exec(first?.query.trim() ?? "") ?? [undefined, null];
  if (first === undefined || publicly === null) return { orgId: null, requestId: null };
  // Whom the public entered is known to the database alone.
  return { orgId: publicly === undefined ? String(first.params[0]) : null, requestId: String(first.params.at(-1)) };
}
