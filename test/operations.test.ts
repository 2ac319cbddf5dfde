import { beforeAll, describe, expect, it } from "vitest";
import { governanceClasses } from "../src/http/governance.ts";
import type { Operation } from "../src/http/operation.ts";
import { scopes } from "../src/access/scopes.ts";
import { operations } from "../src/operations.ts";
import { requestBodies, resourcesOf, unknownIds } from "./support/operation-rows.ts";
import { callApi, createOrganization, type TestOrganization } from "./support/organization.ts";

const tenantOperations = operations.filter(({ access }) => access.mode === "tenant" || access.mode === "payable");
const fill = (path: string, ids: Readonly<Record<string, string>>): string =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? `missing-${name}`);
const bodyOf = ({ id, request }: Operation): unknown => (request.body === undefined ? undefined : requestBodies[id]);
const withoutRequestId = (text: string, requestId: string): string => text.replaceAll(requestId, "");

let owner: TestOrganization;
let stranger: TestOrganization;
let theirs: Readonly<Record<string, string>>;

beforeAll(async () => {
  [owner, stranger] = await Promise.all([createOrganization(), createOrganization()]);
  theirs = await resourcesOf(owner);
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
    const answer = await callApi(operation.method, fill(operation.path, theirs), bodyOf(operation), { "cf-connecting-ip": owner.address });
    expect([answer.status, answer.body.code]).toEqual([401, "unauthenticated"]);
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
