import { sql } from "drizzle-orm";
import { selectKeyHistory } from "../../access/current-signer.ts";
import { requireWholeOrganization } from "../../access/principal.ts";
import { readAsPublic } from "../../db/read-as-public.ts";
import { sha256Digest, type Digest } from "../../crypto/digest.ts";
import type { Basics, Caller, ReadContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import type { OfferedView } from "./schemas.ts";
import { selectOffer, type FoundOffer } from "./store.ts";
import { toOffered } from "./view.ts";

/** What another organization offers, to whoever holds the token and may take it: the promise, and nothing else of that organization. */
export async function readOffered(context: ReadContext, token: string): Promise<OfferedView> {
  const { found } = await findOffered(context, token);
  return toOffered(found, { organization: context.tenant.orgId, environment: context.environment });
}

type Reader = Pick<Basics, "env" | "meter" | "requestId"> & Pick<Caller, "principal"> & { readonly tenant: { readonly orgId: string } };

/** Enters the promisor's organization, read-only, for what its token opens: one round trip. The same 404 for every token that opens nothing. */
export async function findOffered(
  { env, meter, requestId, principal, tenant }: Reader,
  token: string,
): Promise<{ found: FoundOffer; tokenHash: Digest; keyHistory: { readonly signed: string | null } | undefined }> {
  requireWholeOrganization(principal);
  const tokenHash = await sha256Digest(token);
  const entry = sql`select app.enter_offer(${tokenHash}, ${tenant.orgId}, ${requestId})`;
  const [[found], [keyHistory]] = await readAsPublic({ env, meter }, entry, (db) => [
    selectOffer(db, sql`current_setting('app.offer')`),
    selectKeyHistory(db),
  ]);
  if (found === undefined) throw problem("not_found", "no such offer");
  return { found, tokenHash, keyHistory };
}
