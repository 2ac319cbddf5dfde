import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { parseEnvironment } from "../../../src/env.ts";
import { sweepOffers } from "../../../src/features/cosignatures/index.ts";
import { runScheduledWork } from "../../../src/scheduled.ts";
import { cosign } from "../../support/bilateral.ts";
import { failDatabase, ownerSees } from "../../support/harness.ts";
import { actionsOf, openWorld, signedWorld } from "./bilateral-world.ts";

/** Once the request's own note has been made, or the sweep has made it. */
async function sweep(): Promise<void> {
  const parsed = parseEnvironment(env);
  if (!parsed.ok) throw new Error(parsed.missing.join(", "));
  await sweepOffers(parsed.env, new Date(Date.now() + 60_000));
}

/** The minute's work, with the co-signature old enough for it: changed as the owner, past the walls, within one statement. */
async function everyMinute(cosignatureId: string): Promise<void> {
  await ownerSees(`do $$ begin
    perform set_config('session_replication_role', 'replica', true);
    update pact_cosignatures set signed_at = now() - interval '1 minute' where id = '${cosignatureId}';
    perform set_config('session_replication_role', 'origin', true);
  end $$`);
  await runScheduledWork(parseEnvironment(env), new Date(), async () => undefined);
}

describe("the logs of both sides", () => {
  it("tell it: each organization's act in its own, and in the promisor's what the service saw there, once", async () => {
    const { a, b, pact, signed } = await signedWorld();
    await b.call("POST", `/v1/pact-cosignatures/${signed.id}/withdraw`, { reason: "no longer agreed" });
    await Promise.all([sweep(), sweep()]);
    await sweep();
    expect(await actionsOf(b.orgId)).toEqual([
      { action: "cosignature.signed", actor: `key:${b.keyId}`, resource: signed.id },
      { action: "cosignature.withdrawn", actor: `key:${b.keyId}`, resource: signed.id },
    ]);
    expect(await actionsOf(a.orgId)).toEqual([
      { action: "pact_offer.created", actor: `key:${a.keyId}`, resource: pact.id },
      { action: "cosignature.received", actor: "system:cosignatures", resource: pact.id },
      { action: "cosignature.withdrawal_received", actor: "system:cosignatures", resource: pact.id },
    ]);
  });

  it("catch up where the promisor's was out of reach as the other side signed, which hinders nobody", async () => {
    const { a, b, pact, token } = await openWorld();
    await failDatabase(a.orgId, "down");
    const signed = await cosign(b, token, pact.digest);
    expect(signed.status, signed.text).toBe(201);
    await sweep();
    expect(await actionsOf(a.orgId)).toHaveLength(1);
    await failDatabase(a.orgId, "none");
    await everyMinute(signed.body.id);
    expect((await actionsOf(a.orgId)).map(({ action }) => action)).toEqual(["pact_offer.created", "cosignature.received"]);
  });
});
