import { expect } from "vitest";
import { cosign, newActivePact, offered, tokenOf } from "../../support/bilateral.ts";
import { ownerSees } from "../../support/harness.ts";
import { createOrganization } from "../../support/organization.ts";

/** Two organizations, and an offer of the first one's pact with its token. */
export async function openWorld(offer: object = {}) {
  const [a, b] = await Promise.all([createOrganization(), createOrganization()]);
  const pact = await newActivePact(a);
  const made = await offered(a, pact, offer);
  const token = tokenOf(made);
  return { a, b, pact, offerId: made.id as string, token, read: () => b.call("GET", `/v1/offered-pacts/${token}`) };
}

export async function signedWorld() {
  const world = await openWorld();
  const signed = await cosign(world.b, world.token, world.pact.digest);
  expect(signed.status, signed.text).toBe(201);
  return { ...world, signed: signed.body };
}

/** What an organization's log says of bilateral pacts. */
export const actionsOf = async (orgId: string) =>
  (await ownerSees("select action, actor, resource from audit_events where org_id = $1 order by seq", orgId)).filter(({ action }) =>
    /^(pact_offer|cosignature)\./.test(String(action)),
  );
