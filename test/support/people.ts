import { env } from "cloudflare:workers";
import { newSessionCookie } from "../../src/access/local-session.ts";
import type { Role } from "../../src/access/roles.ts";
import { requireEnvironment } from "../../src/env.ts";
import { askForMember } from "./harness.ts";
import { callApi, type Answer, type TestOrganization } from "./organization.ts";

export type TestPerson = {
  readonly orgId: string;
  readonly memberId: string;
  readonly email: string;
  readonly sessionId: string;
  /** The Cookie header of the session. */
  readonly cookie: string;
  readonly address: string;
  /** Asks as the person's browser does from a page of this service. A header that is given as "" is left away. */
  readonly call: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>;
};

const origin = "https://api.armalo.test";

/** A new member of the organization who has just signed in here. */
export async function signInAs(org: Pick<TestOrganization, "orgId" | "address">, role: Role): Promise<TestPerson> {
  return startSessionOf(org, await askForMember({ orgId: org.orgId, role, externalId: null }));
}

/** Another session of a member. */
export async function startSessionOf(
  org: Pick<TestOrganization, "orgId" | "address">,
  { memberId, email }: { memberId: string; email: string },
): Promise<TestPerson> {
  const { orgId, address } = org;
  const session = await newSessionCookie(requireEnvironment(env), orgId);
  const { sessionId, secretHash } = session;
  await env.GATE.get(env.GATE.idFromName(orgId)).startSession(orgId, { sessionId, memberId, secretHash, startedAt: Date.now() });
  const cookie = session.cookie.split(";")[0] ?? "";
  return {
    ...{ orgId, memberId, email, sessionId, cookie, address },
    call: (method, path, body, headers) => {
      const all: Record<string, string> = { cookie, origin, "cf-connecting-ip": address, ...headers };
      return callApi(method, path, body, Object.fromEntries(Object.entries(all).filter(([, value]) => value !== "")));
    },
  };
}

/** What the person gets for keys: a thing that some roles read and others change. */
export const statusOf = async (person: TestPerson, method = "GET", body?: unknown): Promise<number> =>
  (await person.call(method, "/v1/keys", body)).status;
