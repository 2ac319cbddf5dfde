import type pg from "pg";
import type { Statement } from "../../src/local/sql-batch.ts";
import { newId } from "../../src/platform/ids.ts";
import { asApp, enter, event, newAgent, newOrganization, statement } from "./raw-sql.node.ts";

// Bilateral pacts in raw SQL, as the Worker's role writes them.

export type RawPact = { readonly orgId: string; readonly id: string; readonly digest: string };

/** An active pact of a new organization. */
export async function newRawPact(pool: pg.Pool): Promise<RawPact> {
  const orgId = await newOrganization(pool);
  const agentId = await newAgent(pool, orgId);
  const id = newId("pact");
  const digest = `sha256:${id}`;
  await asApp(
    pool,
    enter(orgId),
    event(orgId),
    statement(
      `insert into pacts (org_id, id, lineage_id, version, agent_id, name, conditions, state, digest, activated_at, revision, created_at, updated_at)
       values ($1, $2, $2, 1, $3, 'Pact', '[]', 'active', $4, now(), 1, now(), now())`,
      orgId,
      id,
      agentId,
      digest,
    ),
  );
  return { orgId, id, digest };
}

type OfferWish = { readonly counterparty?: string; readonly expires?: string };

/** An offer of a pact: its id and the digest of its token. */
export async function newRawOffer(pool: pg.Pool, { orgId, id: pactId }: RawPact, { counterparty, expires = "1 hour" }: OfferWish = {}) {
  const id = newId("pactOffer");
  const tokenHash = `hash-${id}`;
  await asApp(
    pool,
    enter(orgId),
    event(orgId),
    statement(
      `insert into pact_offers (org_id, id, pact_id, counterparty_org_id, token_hash, created_by, expires_at, revision, created_at)
       values ($1, $2, $3, $4, $5, 'key:test', now() + $6::interval, 1, now())`,
      orgId,
      id,
      pactId,
      counterparty ?? null,
      tokenHash,
      expires,
    ),
  );
  return { id, tokenHash };
}

/** The signer's row, with the other side's facts forged: the database sets them. */
export const insertRawCosignature = (orgId: string, tokenHash: string, digest: string, id: string = newId("cosignature")): Statement =>
  statement(
    `insert into pact_cosignatures (org_id, id, token_hash, pact_digest, terms, statement, dsse_signature, digest, kid, signed_by, signed_at, revision,
                                    offer_id, promisor_org_id, promisor_environment, pact_id, lineage_id, version, environment, event_seq)
     values ($1, $2, $3, $4, '{}', 'jws', 'sig', 'sha256:x', 'kid', 'key:test', now(), 1, 'forged', 'forged', 'live', 'forged', 'forged', 99, 'live', 99)`,
    orgId,
    id,
    tokenHash,
    digest,
  );

/** Signs as an organization would, in one transaction. */
export const signRaw = (pool: pg.Pool, orgId: string, tokenHash: string, digest: string, id?: string) =>
  asApp(pool, enter(orgId), event(orgId), insertRawCosignature(orgId, tokenHash, digest, id));
