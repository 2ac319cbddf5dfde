import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createClerkClient } from "@clerk/backend";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { changeRoleAtClerk, inviteAtClerk, removeAtClerk, revokeAtClerk } from "../../src/providers/clerk-api.ts";

// Clerk's own client and ours ask the same stand-in for the same things: what it hears must be the same.

type Heard = { readonly method: string; readonly path: string; readonly bearer: string; readonly version: string; readonly body: unknown };

let server: Server;
let url = "";
let heard: Heard[] = [];
let answer: { status: number; body: string } = { status: 200, body: "{}" };

const secretKey = "sk_test_0123456789abcdef";
const invitation = {
  object: "organization_invitation",
  id: "orginv_1",
  email_address: "ada@example.com",
  role: "org:admin",
  status: "pending",
};

async function hear(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const text = Buffer.concat(await request.toArray()).toString("utf8");
  heard.push({
    method: request.method ?? "",
    path: request.url ?? "",
    bearer: request.headers.authorization ?? "",
    version: String(request.headers["clerk-api-version"]),
    body: text === "" ? null : JSON.parse(text),
  });
  response.writeHead(answer.status, { "content-type": "application/json" }).end(answer.body);
}

beforeAll(async () => {
  server = createServer((request, response) => void hear(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
});
afterAll(() => server.close());
beforeEach(() => {
  heard = [];
  answer = { status: 200, body: JSON.stringify(invitation) };
});

const ours = () => ({ issuer: "https://clerk.example.com", authorizedParties: [], apiUrl: url, secretKey });
const theirs = () => createClerkClient({ secretKey, apiUrl: url, telemetry: { disabled: true } }).organizations;

const at = { organizationId: "org_clerk1" };
const calls: Record<string, { readonly ours: () => Promise<unknown>; readonly theirs: () => Promise<unknown> }> = {
  "an invitation": {
    ours: () => inviteAtClerk(ours(), { organization: "org_clerk1", email: "ada@example.com", role: "admin", inviter: "user_9" }),
    theirs: () =>
      theirs().createOrganizationInvitation({ ...at, emailAddress: "ada@example.com", role: "org:admin", inviterUserId: "user_9" }),
  },
  "an invitation without an inviter": {
    ours: () => inviteAtClerk(ours(), { organization: "org_clerk1", email: "ada@example.com", role: "viewer", inviter: null }),
    theirs: () => theirs().createOrganizationInvitation({ ...at, emailAddress: "ada@example.com", role: "org:viewer" }),
  },
  "an invitation that is taken back": {
    ours: () => revokeAtClerk(ours(), "org_clerk1", "orginv_1"),
    theirs: () => theirs().revokeOrganizationInvitation({ ...at, invitationId: "orginv_1" }),
  },
  "another role": {
    ours: () => changeRoleAtClerk(ours(), "org_clerk1", "user_2", "operator"),
    theirs: () => theirs().updateOrganizationMembership({ ...at, userId: "user_2", role: "org:operator" }),
  },
  "a removal": {
    ours: () => removeAtClerk(ours(), "org_clerk1", "user_2"),
    theirs: () => theirs().deleteOrganizationMembership({ ...at, userId: "user_2" }),
  },
};

describe("what we ask of Clerk", () => {
  it.each(Object.keys(calls))("is what Clerk's own client asks: %s", async (name) => {
    await calls[name]?.theirs();
    await calls[name]?.ours();
    expect(heard).toHaveLength(2);
    expect(heard[1]).toEqual(heard[0]);
    expect(heard[1]?.bearer).toBe(`Bearer ${secretKey}`);
  });

  it("names the invitation that came of it", async () => {
    await expect(calls["an invitation"]?.ours()).resolves.toBe("orginv_1");
  });

  it.each([
    [422, JSON.stringify({ errors: [{ code: "duplicate_record" }] })],
    [401, "{}"],
    [500, ""],
    [302, ""],
    [200, "not JSON"],
    [200, JSON.stringify({ id: "user_1" })],
  ])("takes %i %s for a refusal, as a 503 that says nothing of the cause", async (status, body) => {
    answer = { status, body };
    await expect(calls["an invitation"]?.ours()).rejects.toMatchObject({ code: "unavailable" });
  });

  it("keeps an identifier in its own part of the path", async () => {
    await removeAtClerk(ours(), "org_clerk1", "../../users/user_2");
    expect(heard[0]?.path).toBe("/v1/organizations/org_clerk1/memberships/..%2F..%2Fusers%2Fuser_2");
  });

  it("takes silence for a refusal", async () => {
    await expect(removeAtClerk({ ...ours(), apiUrl: "http://127.0.0.1:1" }, "org_clerk1", "user_2")).rejects.toMatchObject({
      code: "unavailable",
    });
  });
});
