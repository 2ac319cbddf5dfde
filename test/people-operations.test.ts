import { beforeAll, describe, expect, it } from "vitest";
import { roles, roleScopes } from "../src/access/roles.ts";
import type { Operation } from "../src/http/operation.ts";
import { operations } from "../src/operations.ts";
import { requestBodies, resourcesOf, unknownIds } from "./support/operation-rows.ts";
import { createOrganization, type TestOrganization } from "./support/organization.ts";
import { signInAs, type TestPerson } from "./support/people.ts";

/** What keys may do, done by people; what people alone may do is in operations.test.ts. */
const forPeople = operations.filter(({ access }) => access.mode === "tenant" || access.mode === "payable");
const fill = (path: string, ids: Readonly<Record<string, string>>): string =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? `missing-${name}`);
const bodyOf = ({ id, request }: Operation): unknown => (request.body === undefined ? undefined : requestBodies[id]);
/** What they make lives by a key: a session makes none, whatever its role. */
const needKeys = new Set(["room_tokens.mint"]);

let org: TestOrganization;
let owner: TestPerson;
let stranger: TestPerson;
let theirs: Readonly<Record<string, string>>;
let people: Record<(typeof roles)[number], TestPerson>;

beforeAll(async () => {
  const [mine, other] = await Promise.all([createOrganization(), createOrganization()]);
  org = mine;
  const signed = await Promise.all([...roles.map((role) => signInAs(mine, role)), signInAs(other, "owner")]);
  people = Object.fromEntries(roles.map((role, at) => [role, signed[at]])) as typeof people;
  [owner, stranger] = [people.owner, signed[roles.length] as TestPerson];
  theirs = await resourcesOf(mine);
});

describe.each(forPeople)("$id, for people", (operation) => {
  const { method, access } = operation;
  const ask = (person: TestPerson, ids: Readonly<Record<string, string>>, headers: Record<string, string> = {}) =>
    person.call(method, fill(operation.path, ids), bodyOf(operation), headers);

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
});
