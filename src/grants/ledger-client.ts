import type { Environment } from "../env.ts";

/** The ledger of a grant. Reached only after our own rows said that there is such a grant of this organization. */
export const ledgerOf = ({ bindings: { GRANT_LEDGER: ledgers } }: Environment, orgId: string, grantId: string) =>
  ledgers.get(ledgers.idFromName(`${orgId}/${grantId}`));
