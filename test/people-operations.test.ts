import { beforeAll, describe, expect, it } from "vitest";
import { roles, roleScopes } from "../src/access/roles.ts";
import type { Operation } from "../src/http/operation.ts";
import { operations } from "../src/operations.ts";
import { requestBodies, resourcesOf, unknownIds } from "./support/operation-rows.ts";
import { callApi, createOrganization, type TestOrganization } from "./support/organization.ts";
import { signInAs, type TestPerson } from "./support/people.ts";

const forPeople = operations.filter(({ access }) => access.mode === "tenant" || access.mode === "payable" || access.mode === "operator");
const fill = (path: string, ids: Readonly<Record<string, string>>): string =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? `missing-${name}`);
const bodyOf = ({ id, request }: Operation): unknown => (request.body === undefined ? undefined : requestBodies[id]);
const contentTypeOf = ({ request }: Operation): Record<string, string> =>
  "form" in request && request.form === true ? { "content-type": "application/x-www-form-urlencoded" } : {};

/** What they make lives by a key: a session makes none, whatever its role. */
const needKeys = new Set(["room_tokens.mint"]);

let org: TestOrganization;
let owner: TestPerson;
let stranger: TestPerson;
let theirs: Readonly<Record<string, string>>;
let people: Record<(typeof roles)[number], TestPerson>;
let accessToken: string;

beforeAll(async () => {
  const [mine, other] = await Promise.all([createOrganization(), createOrganization()]);
  org = mine;
  const signed = await Promise.all([...roles.map((role) => signInAs(mine, role)), signInAs(other, "owner")]);
  people = Object.fromEntries(roles.map((role, at) => [role, signed[at]])) as typeof people;
  [owner, stranger] = [people.owner, signed[roles.length] as TestPerson];
  theirs = await resourcesOf(mine);
  const issued = await mine.call("POST", "/v1/access-tokens", {});
  accessToken = issued.body.token ?? issued.body.accessToken;
});

describe.each(forPeople)("$id, for people", (operation) => {
  const { method, access } = operation;
  const ask = (person: TestPerson, ids: Readonly<Record<string, string>>, headers: Record<string, string> = {}) =>
    person.call(method, fill(operation.path, ids), bodyOf(operation), { ...contentTypeOf(operation), ...headers });

  it("is closed to every role that lacks its scope", async () => {
    for (const role of roles.filter((name) => !roleScopes[name].some((scope) => scope === access.scope))) {
      const { status, body, text } = await ask(people[role], theirs);
      expect([role, status, body?.code], text).toEqual([role, 403, "forbidden"]);
    }
  });

  if (operation.path.includes("{")) {
    it("answers for another organization's identifiers exactly as for unknown ones", async () => {
      const [foreign, unknown] = [await ask(stranger, theirs), await ask(stranger, unknownIds)];
      expect([foreign.status, foreign.body.code], foreign.text).toEqual(
        needKeys.has(operation.id) ? [403, "forbidden"] : [404, "not_found"],
      );
      expect(foreign.text.replaceAll(foreign.requestId, "")).toBe(unknown.text.replaceAll(unknown.requestId, ""));
    });
  }

  if (method === "get") {
    it("is read by cookie from wherever the page is, and shows a stranger nothing", async () => {
      const { text } = await ask(stranger, theirs, { origin: "" });
      for (const id of [org.orgId, org.keyId, ...Object.values(theirs)]) expect(text).not.toContain(id);
    });
  } else {
    it("is closed to a page of another site, and to one that is not named", async () => {
      for (const origin of ["", "null", "https://evil.example.com"]) {
        const { status, body, text } = await ask(owner, theirs, { origin });
        expect([origin, status, body?.code], text).toEqual([origin, 403, "origin_refused"]);
      }
    });
  }

  if (access.mode === "operator") {
    it("is closed to a key with every scope, and to its token, whatever they ask", async () => {
      for (const credential of [org.apiKey, accessToken]) {
        for (const ids of [theirs, unknownIds]) {
          const headers = { authorization: `Bearer ${credential}`, "cf-connecting-ip": org.address };
          const answer = await callApi(method, fill(operation.path, ids), method === "get" ? undefined : {}, headers);
          expect([answer.status, answer.body?.code], answer.text).toEqual([403, "person_needed"]);
        }
      }
    });

    it("is closed without a credential", async () => {
      const answer = await callApi(method, fill(operation.path, theirs), bodyOf(operation), { "cf-connecting-ip": org.address });
      expect(answer.status, answer.text).toBe(401);
    });
  }
});
