import { beforeAll, describe, expect, it } from "vitest";
import { governanceClasses } from "../src/http/governance.ts";
import type { Operation } from "../src/http/operation.ts";
import { roles, roleScopes } from "../src/access/roles.ts";
import { scopes } from "../src/access/scopes.ts";
import { operations } from "../src/operations.ts";
import { atomicAmount } from "../src/payments/prices.ts";
import { roundTrips } from "./support/harness.ts";
import { requestBodies, resourcesOf, saleableOf, unknownIds } from "./support/operation-rows.ts";
import { callApi, createOrganization, newAddress, type Answer, type TestOrganization } from "./support/organization.ts";
import { signInAs } from "./support/people.ts";
import { decoded } from "./support/payments.ts";

const tenantOperations = operations.filter(({ access }) => access.mode === "tenant" || access.mode === "payable");
const operatorOperations = operations.filter(({ access }) => access.mode === "operator");
const payableOperations = operations.filter(({ access }) => access.mode === "payable");
const fill = (path: string, ids: Readonly<Record<string, string>>): string =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? `missing-${name}`);
const bodyOf = ({ id, request }: Operation): unknown => (request.body === undefined ? undefined : requestBodies[id]);
const withoutRequestId = (text: string, requestId: string): string => text.replaceAll(requestId, "");

/** What a person's browser sends a form in, or a script JSON. */
const typeOf = ({ request }: Operation): Record<string, string> =>
  request.form === true ? { "content-type": "application/x-www-form-urlencoded" } : {};

/** What an answer says went wrong; on a page, which people read, the status alone says it to a program. */
const refusal = ({ response }: Operation, { status, body }: Answer): unknown[] =>
  response.refusals === "page" ? [status] : [status, body.code];
const expected = ({ response }: Operation, status: number, code: string): unknown[] =>
  response.refusals === "page" ? [status] : [status, code];

let owner: TestOrganization;
let stranger: TestOrganization;
let theirs: Readonly<Record<string, string>>;
/** What the owner lets anyone pay for. */
let offered: Readonly<Record<string, string>>;

beforeAll(async () => {
  [owner, stranger] = await Promise.all([createOrganization(), createOrganization()]);
  [theirs, offered] = await Promise.all([resourcesOf(owner), saleableOf(await createOrganization())]);
});

describe.each(tenantOperations)("$id", (operation) => {
  it("has a row here for each identifier and body that it takes", () => {
    for (const [, name = ""] of operation.path.matchAll(/\{(\w+)\}/g)) {
      expect(theirs, `an owned ${name}`).toHaveProperty(name);
      expect(unknownIds, `an unknown ${name}`).toHaveProperty(name);
    }
    if (operation.request.body !== undefined) expect(requestBodies).toHaveProperty([operation.id]);
  });

  it("is closed without a credential", async () => {
    const answer = await callApi(operation.method, fill(operation.path, theirs), bodyOf(operation), { "cf-connecting-ip": newAddress() });
    // What can be paid for shows no more to a stranger: a thing that is not public does not exist for him.
    expect([answer.status, answer.body.code]).toEqual(operation.access.mode === "payable" ? [404, "not_found"] : [401, "unauthenticated"]);
  });

  it("is closed to a key with every scope but its own", async () => {
    const others = scopes.filter((scope) => scope !== operation.access.scope);
    const narrow = await owner.call("POST", "/v1/keys", { name: "narrow", scopes: others });
    const answer = await callApi(operation.method, fill(operation.path, theirs), bodyOf(operation), {
      authorization: `Bearer ${narrow.body.key}`,
      "cf-connecting-ip": owner.address,
    });
    expect([answer.status, answer.body.code]).toEqual([403, "forbidden"]);
  });

  if (operation.path.includes("{")) {
    it("answers for another organization's identifiers exactly as for unknown ones", async () => {
      const ask = (ids: Readonly<Record<string, string>>) => stranger.call(operation.method, fill(operation.path, ids), bodyOf(operation));
      const [foreign, unknown] = [await ask(theirs), await ask(unknownIds)];
      expect([foreign.status, foreign.body.code]).toEqual([404, "not_found"]);
      expect(withoutRequestId(foreign.text, foreign.requestId)).toBe(withoutRequestId(unknown.text, unknown.requestId));
      const names = ({ headers }: typeof foreign) => [...headers.keys()].toSorted();
      expect(names(foreign)).toEqual(names(unknown));
    });
  }

  if (operation.method === "get") {
    it("answers its owner, and shows a stranger nothing of it", async () => {
      const path = fill(operation.path, theirs);
      expect((await owner.call("GET", path)).status).toBe(200);
      const { text } = await stranger.call("GET", path);
      for (const id of [owner.orgId, owner.keyId, ...Object.values(theirs)]) expect(text).not.toContain(id);
    });
  }
});

describe.each(operatorOperations)("$id, for people alone", (operation) => {
  const lacking = roles.find((role) => !roleScopes[role].includes(operation.access.scope ?? "agents:read"));
  const ask = (org: TestOrganization, ids: Readonly<Record<string, string>>) =>
    org.call(operation.method, fill(operation.path, ids), bodyOf(operation), typeOf(operation));

  it("has a row here for each identifier and body that it takes", () => {
    for (const [, name = ""] of operation.path.matchAll(/\{(\w+)\}/g)) {
      expect(theirs, `an owned ${name}`).toHaveProperty(name);
      expect(unknownIds, `an unknown ${name}`).toHaveProperty(name);
    }
    if (operation.request.body !== undefined) expect(requestBodies).toHaveProperty([operation.id]);
  });

  it("is closed without a credential, and to a key with every scope", async () => {
    const path = fill(operation.path, theirs);
    const nobody = await callApi(operation.method, path, bodyOf(operation), { "cf-connecting-ip": newAddress() });
    expect(nobody.status).toBe(401);
    const key = await ask(owner, theirs);
    expect(key.status).toBe(403);
    if (operation.response.refusals !== "page") expect(key.body.code).toBe("person_needed");
    const { accessToken } = (await owner.call("POST", "/v1/access-tokens", {})).body;
    const asToken = await callApi(operation.method, path, bodyOf(operation), { authorization: `Bearer ${accessToken}` });
    expect(asToken.status).toBe(403);
  });

  if (lacking !== undefined) {
    it(`is closed to a role without its scope (${lacking})`, async () => {
      const person = await signInAs(owner, lacking);
      const answer = await person.call(operation.method, fill(operation.path, theirs), bodyOf(operation), typeOf(operation));
      expect(refusal(operation, answer)).toEqual(expected(operation, 403, "forbidden"));
    });
  }

  if (operation.method !== "get") {
    it("is closed to what another site has a browser send, and to what does not say where it is from", async () => {
      const person = await signInAs(owner, "owner");
      for (const origin of ["https://evil.example", "null", ""]) {
        const answer = await person.call(operation.method, fill(operation.path, theirs), bodyOf(operation), { origin });
        expect(answer.status, origin).toBe(403);
        if (operation.response.refusals !== "page") expect(answer.body.code).toBe("origin_refused");
      }
    });
  }

  if (operation.path.includes("{")) {
    it("answers for another organization's identifiers exactly as for unknown ones", async () => {
      const person = await signInAs(stranger, "owner");
      const [foreign, unknown] = [theirs, unknownIds].map((ids) =>
        person.call(operation.method, fill(operation.path, ids), bodyOf(operation), typeOf(operation)),
      );
      const [one = expect.fail("no answer"), other = expect.fail("no answer")] = [await foreign, await unknown];
      expect(refusal(operation, one)).toEqual(expected(operation, 404, "not_found"));
      expect(withoutRequestId(one.text, one.requestId)).toBe(withoutRequestId(other.text, other.requestId));
    });
  }

  if (operation.method === "get") {
    it("answers a person of the organization, and shows a stranger nothing of it", async () => {
      const path = fill(operation.path, theirs);
      expect((await (await signInAs(owner, "viewer")).call("GET", path)).status).toBe(200);
      const { text } = await (await signInAs(stranger, "owner")).call("GET", path);
      for (const id of [owner.orgId, owner.keyId, ...Object.values(theirs)]) expect(text).not.toContain(id);
    });
  }
});

describe.each(payableOperations)("$id, for whoever pays", (operation) => {
  const askAs = (ids: Readonly<Record<string, string>>, headers: Record<string, string> = {}) =>
    callApi(operation.method, fill(operation.path, ids), bodyOf(operation), { "cf-connecting-ip": stranger.address, ...headers });

  it("answers for what is private exactly as for what never was, and asks for nothing", async () => {
    const [hidden, unknown] = [await askAs(theirs), await askAs(unknownIds)];
    expect([hidden.status, hidden.body.code]).toEqual([404, "not_found"]);
    expect(withoutRequestId(hidden.text, hidden.requestId)).toBe(withoutRequestId(unknown.text, unknown.requestId));
    for (const { headers } of [hidden, unknown]) expect(headers.get("payment-required")).toBeNull();
  });

  it("says its price for what is public, in a header of less than 3 KB and in one round trip", async () => {
    const answer = await askAs(offered);
    expect([answer.status, answer.body.code], answer.text).toEqual([402, "payment_required"]);
    const header = answer.headers.get("payment-required") ?? "";
    expect(header.length).toBeLessThan(3_000);
    const { accepts, resource } = decoded(header);
    expect(accepts.map(({ amount }: { amount: string }) => amount)).toEqual([atomicAmount(operation.access.price ?? "0", 6)]);
    expect(resource.url).toBe(`https://api.armalo.test${fill(operation.path, offered)}`);
    expect(await roundTrips(answer.requestId)).toBe(1);
  });

  it("takes a bad credential for a bad credential", async () => {
    const answer = await askAs(offered, { authorization: "Bearer arm_live_x", "payment-signature": "AAAA" });
    expect([answer.status, answer.body.code]).toEqual([401, "unauthenticated"]);
  });
});

describe("the table of operations", () => {
  it("gives every class of operation the modes and methods that the class allows", () => {
    for (const { id, governance, access, method, audit } of operations) {
      const allowed = governanceClasses[governance];
      expect(allowed.modes, id).toContain(access.mode);
      expect(allowed.methods, id).toContain(method);
      expect(audit !== undefined, id).toBe(allowed.audited);
    }
  });
});
