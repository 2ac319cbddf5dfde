import { describe, expect, it } from "vitest";
import { jsonDigest } from "../../../src/crypto/digest.ts";
import { cosign, newActivePact, offered, tokenOf, type ActivePact } from "../../support/bilateral.ts";
import { ownerSees, roundTrips } from "../../support/harness.ts";
import { createOrganization, type Answer, type TestOrganization } from "../../support/organization.ts";
import { actionsOf, openWorld, signedWorld } from "./bilateral-world.ts";

const withoutRequestId = ({ text, requestId }: Answer): string => text.replaceAll(requestId, "");
const codeOf = ({ status, body }: Answer) => [status, body.code];

async function nextVersion(org: TestOrganization, pactId: string): Promise<ActivePact> {
  const next = await org.call("POST", `/v1/pacts/${pactId}/versions`, { name: "Better promise" });
  return (await org.call("POST", `/v1/pacts/${next.body.id}/activate`)).body;
}

describe("a bilateral pact", () => {
  it("is offered by one organization, read and co-signed by another, and seen by both", async () => {
    const [a, b] = await Promise.all([createOrganization({ environment: "live" }), createOrganization({ environment: "test" })]);
    const pact = await newActivePact(a);
    const offer = await a.call("POST", `/v1/pacts/${pact.id}/offers`, { counterparty: b.orgId });
    expect(offer.status, offer.text).toBe(201);
    expect(await roundTrips(offer.requestId)).toBe(2);
    expect(offer.body).toMatchObject({
      state: "open",
      counterparty: b.orgId,
      pact: { id: pact.id, digest: pact.digest },
      cosignature: null,
    });

    const read = await b.call("GET", `/v1/offered-pacts/${tokenOf(offer.body)}`);
    expect(read.status, read.text).toBe(200);
    expect(await roundTrips(read.requestId)).toBe(1);
    expect(read.body).toMatchObject({
      promisor: { organization: a.orgId, environment: "live" },
      reader: { organization: b.orgId, environment: "test" },
      pact: { id: pact.id, state: "active", digest: pact.digest },
      cosignatureId: null,
    });
    expect(await jsonDigest(read.body.terms), "what the reader can compute from the terms alone").toBe(pact.digest);

    const signed = await cosign(b, tokenOf(offer.body), pact.digest);
    expect(signed.status, signed.text).toBe(201);
    expect(await roundTrips(signed.requestId)).toBe(2);
    expect(signed.body).toMatchObject({
      signer: { organization: b.orgId, environment: "test" },
      promisor: { organization: a.orgId, environment: "live" },
      pact: { id: pact.id, lineageId: pact.id, version: 1, digest: pact.digest, state: "active" },
      standing: "current",
      signedBy: `key:${b.keyId}`,
      terms: read.body.terms,
    });

    const mine = await b.call("GET", `/v1/pact-cosignatures/${signed.body.id}`);
    expect(mine.body).toEqual(signed.body);
    const theirs = await a.call("GET", `/v1/pact-offers/${offer.body.id}`);
    const { signedBy: _credential, terms: _copy, ...shown } = signed.body;
    expect(theirs.body).toMatchObject({ state: "signed", cosignature: shown });
    expect(theirs.text, "whose key it was is the signer's own business").not.toContain(b.keyId);
    const lists = [await b.call("GET", "/v1/pact-cosignatures"), await a.call("GET", `/v1/pact-offers?pactId=${pact.id}`)];
    expect(lists.map(({ body }) => body.items)).toEqual([[signed.body], [theirs.body]]);
    for (const { requestId } of [mine, theirs, ...lists]) expect(await roundTrips(requestId)).toBe(1);
    expect((await b.call("GET", `/v1/offered-pacts/${tokenOf(offer.body)}`)).body.cosignatureId).toBe(signed.body.id);
  });

  it("is nothing to a third organization, whatever it asks for", async () => {
    const { a, b, token, pact, offerId, signed } = await signedWorld();
    const c = await createOrganization();
    for (const path of ["/v1/pact-offers", "/v1/pact-cosignatures", `/v1/pact-offers?pactId=${pact.id}`])
      expect((await c.call("GET", path)).body.items).toEqual([]);
    for (const [method, path, body] of [
      ["GET", `/v1/pact-offers/${offerId}`],
      ["GET", `/v1/pact-offers/${offerId}/bundle`],
      ["POST", `/v1/pact-offers/${offerId}/withdraw`],
      ["GET", `/v1/pact-cosignatures/${signed.id}`],
      ["GET", `/v1/pact-cosignatures/${signed.id}/bundle`],
      ["POST", `/v1/pact-cosignatures/${signed.id}/withdraw`, { reason: "not mine" }],
      ["GET", `/v1/offered-pacts/${token}`],
      ["POST", `/v1/offered-pacts/${token}/cosign`, { digest: pact.digest }],
    ] as const)
      expect(codeOf(await c.call(method, path, body)), `${method} ${path}`).toEqual([404, "not_found"]);
    expect(codeOf(await b.call("POST", `/v1/pact-offers/${offerId}/withdraw`)), "the other's offer").toEqual([404, "not_found"]);
    const taken = await a.call("POST", `/v1/pact-cosignatures/${signed.id}/withdraw`, { reason: "not mine" });
    expect(codeOf(taken), "the other's co-signature").toEqual([404, "not_found"]);
  });

  it("is not co-signed by the organization whose agent promises", async () => {
    const { a, pact, token } = await openWorld();
    const own = await cosign(a, token, pact.digest);
    expect([...codeOf(own), own.body.errors[0].path]).toEqual([400, "invalid_request", "params.token"]);
    expect(codeOf(await a.call("POST", `/v1/pacts/${pact.id}/offers`, { counterparty: a.orgId }))).toEqual([400, "invalid_request"]);
  });

  it("is a matter of the whole organization: a key that is bound to an agent has no part in it, on either side", async () => {
    const { a, b, pact, offerId, token, signed } = await signedWorld();
    const scopes = ["pacts:read", "pacts:write", "pacts:cosign"];
    const boundTo = async (org: TestOrganization, agentId: string) => {
      const { body } = await org.call("POST", "/v1/keys", { name: "bound", scopes, agentId });
      return (method: string, path: string, sent?: object) => org.call(method, path, sent, { authorization: `Bearer ${body.key}` });
    };
    const [ofA, ofB] = [await boundTo(a, pact.agentId), await boundTo(b, (await newActivePact(b)).agentId)];
    for (const refused of [
      await ofA("POST", `/v1/pacts/${pact.id}/offers`, {}),
      await ofA("GET", "/v1/pact-offers"),
      await ofA("GET", `/v1/pact-offers/${offerId}`),
      await ofA("GET", `/v1/pact-offers/${offerId}/bundle`),
      await ofA("POST", `/v1/pact-offers/${offerId}/withdraw`),
      await ofB("GET", `/v1/offered-pacts/${token}`),
      await ofB("POST", `/v1/offered-pacts/${token}/cosign`, { digest: pact.digest }),
      await ofB("GET", "/v1/pact-cosignatures"),
      await ofB("GET", `/v1/pact-cosignatures/${signed.id}`),
      await ofB("GET", `/v1/pact-cosignatures/${signed.id}/bundle`),
      await ofB("POST", `/v1/pact-cosignatures/${signed.id}/withdraw`, { reason: "mistaken" }),
    ])
      expect(codeOf(refused)).toEqual([403, "forbidden"]);
  });

  it("is offered only while the pact is active", async () => {
    const { a, pact } = await openWorld();
    const draft = await a.call("POST", `/v1/pacts/${pact.id}/versions`, {});
    expect(codeOf(await a.call("POST", `/v1/pacts/${draft.body.id}/offers`, {}))).toEqual([409, "state_conflict"]);
    await a.call("POST", `/v1/pacts/${pact.id}/retire`);
    expect(codeOf(await a.call("POST", `/v1/pacts/${pact.id}/offers`, {}))).toEqual([409, "state_conflict"]);
  });
});

describe("an offer's token", () => {
  it("opens nothing once it is wrong, expired, withdrawn, for another or taken: the same bytes for each", async () => {
    const { a, b, pact } = await openWorld();
    const [other, unknown] = [await createOrganization(), "0".repeat(43)];
    const [expired, withdrawn, named, taken] = await Promise.all([
      offered(a, pact, { lifetimeSeconds: 60 }),
      offered(a, pact),
      offered(a, pact, { counterparty: other.orgId }),
      offered(a, pact),
    ]);
    // As the owner, past the walls, within one statement: the session is everyone's.
    await ownerSees(`do $$ begin
      perform set_config('session_replication_role', 'replica', true);
      update pact_offers set expires_at = now() - interval '1 second' where id = '${expired.id}';
      perform set_config('session_replication_role', 'origin', true);
    end $$`);
    const ended = await a.call("POST", `/v1/pact-offers/${withdrawn.id}/withdraw`);
    expect([ended.status, ended.body.state, await roundTrips(ended.requestId)]).toEqual([200, "withdrawn", 2]);
    expect(codeOf(await a.call("POST", `/v1/pact-offers/${withdrawn.id}/withdraw`))).toEqual([409, "state_conflict"]);
    expect((await cosign(other, tokenOf(taken), pact.digest)).status).toBe(201);
    for (const ask of [(token: string) => b.call("GET", `/v1/offered-pacts/${token}`), (token: string) => cosign(b, token, pact.digest)]) {
      const missing = await ask(unknown);
      expect(codeOf(missing)).toEqual([404, "not_found"]);
      for (const offer of [expired, withdrawn, named, taken])
        expect(withoutRequestId(await ask(tokenOf(offer)))).toBe(withoutRequestId(missing));
    }
    expect((await b.call("GET", "/v1/pact-cosignatures")).body.items).toEqual([]);
    const states = (await a.call("GET", "/v1/pact-offers?limit=100")).body.items.map(({ id, state }: { id: string; state: string }) => [
      id,
      state,
    ]);
    expect(Object.fromEntries(states)).toMatchObject({
      [expired.id]: "expired",
      [withdrawn.id]: "withdrawn",
      [named.id]: "open",
      [taken.id]: "signed",
    });
  });

  it("is kept as a digest, and shown once", async () => {
    const { a, pact } = await openWorld();
    const make = () => a.call("POST", `/v1/pacts/${pact.id}/offers`, {}, { "idempotency-key": "once" });
    const [first, again] = [await make(), await make()];
    expect(again.body).toEqual({ ...first.body, url: null });
    const rows = await ownerSees("select o::text as row from pact_offers o where id = $1", first.body.id);
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toContain(tokenOf(first.body));
  });

  it("names no organization that it could not have: a counterparty that does not exist is taken as any other", async () => {
    const { a, pact, b } = await openWorld();
    const nobody = await offered(a, pact, { counterparty: `org_${"1".repeat(22)}` });
    const somebody = await offered(a, pact, { counterparty: b.orgId });
    expect(Object.keys(nobody)).toEqual(Object.keys(somebody));
    expect(nobody.state).toBe(somebody.state);
  });

  it("is taken by one of two organizations that sign at once", async () => {
    const { a, b, pact, token, offerId } = await openWorld();
    const c = await createOrganization();
    const answers = await Promise.all([b, c].map((org) => cosign(org, token, pact.digest)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect([404, 409]).toContain(answers.find(({ status }) => status !== 201)?.status);
    expect(await ownerSees("select 1 from pact_cosignatures where offer_id = $1", offerId)).toHaveLength(1);
    expect((await a.call("GET", `/v1/pact-offers/${offerId}`)).body.state).toBe("signed");
  });
});

describe("a co-signature", () => {
  it("is of the digest that was read: any other is refused, and nothing is written", async () => {
    const { b, token, read } = await openWorld();
    const events = await actionsOf(b.orgId);
    expect(codeOf(await cosign(b, token, `sha256:${"ab".repeat(32)}`))).toEqual([409, "state_conflict"]);
    expect((await read()).body.cosignatureId).toBeNull();
    expect(await actionsOf(b.orgId)).toEqual(events);
  });

  it("is refused where the pact was retired, or superseded, between reading and signing", async () => {
    const [retired, superseded] = [await openWorld(), await openWorld()];
    const digests = [(await retired.read()).body.pact.digest, (await superseded.read()).body.pact.digest];
    await retired.a.call("POST", `/v1/pacts/${retired.pact.id}/retire`);
    const next = await nextVersion(superseded.a, superseded.pact.id);
    expect(codeOf(await cosign(retired.b, retired.token, digests[0]))).toEqual([409, "state_conflict"]);
    expect(codeOf(await cosign(superseded.b, superseded.token, digests[1]))).toEqual([409, "state_conflict"]);
    expect(codeOf(await cosign(superseded.b, superseded.token, next.digest)), "of no later version either").toEqual([
      409,
      "state_conflict",
    ]);
    expect((await superseded.read()).body.pact.state).toBe("superseded");
  });

  it("is not given where the pact is no longer what its digest says, though the row says that it is", async () => {
    const { b, pact, token } = await openWorld();
    await ownerSees(`do $$ begin
      perform set_config('session_replication_role', 'replica', true);
      update pacts set name = 'Something else' where id = '${pact.id}';
      perform set_config('session_replication_role', 'origin', true);
    end $$`);
    expect(codeOf(await cosign(b, token, pact.digest))).toEqual([500, "internal"]);
    expect((await b.call("GET", "/v1/pact-cosignatures")).body.items).toEqual([]);
  });

  it("stays of its version: a later one needs another, and both sides see which is which", async () => {
    const { a, b, pact, offerId, signed } = await signedWorld();
    const next = await nextVersion(a, pact.id);
    const old = await b.call("GET", `/v1/pact-cosignatures/${signed.id}`);
    expect(old.body).toMatchObject({ standing: "older_version", pact: { version: 1, digest: pact.digest, state: "superseded" } });
    expect((await a.call("GET", `/v1/pact-offers/${offerId}`)).body.cosignature.standing).toBe("older_version");
    const again = await cosign(b, tokenOf(await offered(a, next)), next.digest);
    expect(again.body).toMatchObject({ standing: "current", pact: { lineageId: pact.id, version: 2, digest: next.digest } });
    await a.call("POST", `/v1/pacts/${next.id}/retire`);
    const standings = (await b.call("GET", "/v1/pact-cosignatures")).body.items.map(({ standing }: { standing: string }) => standing);
    expect(standings).toEqual(["pact_retired", "older_version"]);
  });

  it("is given once for a pact, until it is withdrawn: then its row stays, marked, and a new offer can be signed", async () => {
    const { a, b, pact, offerId, signed } = await signedWorld();
    const second = await offered(a, pact);
    expect(codeOf(await cosign(b, tokenOf(second), pact.digest))).toEqual([409, "state_conflict"]);
    const withdrawn = await b.call("POST", `/v1/pact-cosignatures/${signed.id}/withdraw`, { reason: "no longer agreed" });
    expect(withdrawn.status, withdrawn.text).toBe(200);
    expect(await roundTrips(withdrawn.requestId)).toBe(2);
    expect(withdrawn.body).toMatchObject({ standing: "withdrawn", withdrawnReason: "no longer agreed", pact: { state: "active" } });
    expect((await a.call("GET", `/v1/pact-offers/${offerId}`)).body).toMatchObject({
      state: "signed",
      cosignature: { standing: "withdrawn", withdrawnAt: withdrawn.body.withdrawnAt },
    });
    const twice = await b.call("POST", `/v1/pact-cosignatures/${signed.id}/withdraw`, { reason: "again" });
    expect(codeOf(twice)).toEqual([409, "state_conflict"]);
    expect((await cosign(b, tokenOf(second), pact.digest)).status).toBe(201);
    expect((await b.call("GET", "/v1/pact-cosignatures")).body.items).toHaveLength(2);
  });

  it("is made once for the same Idempotency-Key", async () => {
    const { b, pact, token } = await openWorld();
    const sign = () => b.call("POST", `/v1/offered-pacts/${token}/cosign`, { digest: pact.digest }, { "idempotency-key": "once" });
    const [first, second] = [await sign(), await sign()];
    expect([first.status, second.status, second.body]).toEqual([201, 201, first.body]);
  });
});
