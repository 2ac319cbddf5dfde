import type { Environment } from "../env.ts";
import { problem } from "../http/problem.ts";
import { describeFault } from "../platform/describe-fault.ts";

/** The ledger of a grant. Reached only after our own rows said that there is such a grant of this organization. */
export const ledgerOf = ({ bindings: { GRANT_LEDGER: ledgers } }: Environment, orgId: string, grantId: string) =>
  ledgers.get(ledgers.idFromName(`${orgId}/${grantId}`));

type LedgerStub = ReturnType<typeof ledgerOf>;

/** Asks a grant's ledger. One that is out of reach is a 503: nothing is decided without it. */
export async function askLedger<T>(
  env: Environment,
  { orgId, grantId }: { readonly orgId: string; readonly grantId: string },
  ask: (ledger: LedgerStub) => Promise<T>,
): Promise<T> {
  try {
    return await ask(ledgerOf(env, orgId, grantId));
  } catch (fault) {
    throw problem("unavailable", `grant ledger: ${describeFault(fault)}`);
  }
}
