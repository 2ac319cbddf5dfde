import { beforeAll, describe, expect, it } from "vitest";
import { newGround, type Granted } from "../../support/grants.ts";
import { createOrganization, type TestOrganization } from "../../support/organization.ts";
import { signInAs, type TestPerson } from "../../support/people.ts";
import { askApproval, copyWithoutRegistrant, grantBy, type TestGrant } from "../../support/approvals.ts";

let org: TestOrganization;
let behind: TestPerson;
let other: TestPerson;
/** Who creates the grants that nobody else is to be behind. */
let nobody: TestPerson;
let ground: Granted;
beforeAll(async () => {
  org = await createOrganization();
  ground = await newGround(org);
  nobody = ground.operator;
  [behind, other] = [await signInAs(org, "owner"), await signInAs(org, "admin")];
});

type By = (method: string, path: string, body?: unknown) => Promise<{ status: number; text: string; body: { id: string; key: string } }>;
const by = (who: TestPerson | TestOrganization): By => who.call;
const keyOf =
  (key: string): By =>
  (method, path, body) =>
    org.call(method, path, body, { authorization: `Bearer ${key}` });
const scopes = ["agents:write", "keys:write", "keys:read"];

async function made(call: By, path: string, body: unknown): Promise<{ id: string; key: string }> {
  const answer = await call("POST", path, body);
  if (answer.status !== 201) throw new Error(answer.text);
  return answer.body;
}
const newAgentBy = async (call: By): Promise<string> =>
  (await made(call, "/v1/agents", { externalId: crypto.randomUUID(), name: "Asker" })).id;
const newKeyBy = (call: By): Promise<{ id: string; key: string }> => made(call, "/v1/keys", { name: "key", scopes });

/** What a person is told who approves and then, where he may not, denies. */
async function decide(person: TestPerson, grant: TestGrant, asking: { requestedBy?: string; fourEyes?: boolean } = {}): Promise<string[]> {
  const { id, previewDigest } = await askApproval(org, grant, { fourEyes: true, ...asking });
  const told: string[] = [];
  for (const verb of ["approve", "deny"]) {
    const answer = await person.call("POST", `/v1/approvals/${id}/${verb}`, { previewDigest });
    told.push(answer.body.code ?? answer.body.status);
    if (answer.status === 200) break;
  }
  return told;
}

describe("with four eyes, nobody approves", () => {
  const refused = ["four_eyes", "denied"];

  it("who registered the agent, by hand or in a batch", async () => {
    const batch = await behind.call("POST", "/v1/agents/batch", { agents: [{ externalId: crypto.randomUUID(), name: "Asker" }] });
    for (const agentId of [await newAgentBy(by(behind)), batch.body.items[0].id]) {
      const grant = await grantBy(nobody, ground, agentId);
      expect(await decide(behind, grant)).toEqual(refused);
      expect(await decide(other, grant)).toEqual(["approved"]);
    }
  });

  it("whose key registered it, however many keys lie between", async () => {
    const first = await newKeyBy(by(behind));
    const second = await newKeyBy(keyOf(first.key));
    const grant = await grantBy(nobody, ground, await newAgentBy(keyOf(second.key)));
    expect(await decide(behind, grant)).toEqual(refused);
    expect(await decide(other, grant)).toEqual(["approved"]);
  });

  it("who made the key that asks, or the one that it replaced", async () => {
    const grant = await grantBy(nobody, ground, await newAgentBy(by(org)));
    const key = await newKeyBy(by(behind));
    const rotated = await made(by(other), `/v1/keys/${key.id}/rotate`, { overlapSeconds: 60 });
    for (const { id } of [key, rotated]) expect(await decide(behind, grant, { requestedBy: `key:${id}` })).toEqual(refused);
    expect(await decide(other, grant, { requestedBy: `key:${key.id}` })).toEqual(["approved"]);
    expect(await decide(other, grant, { requestedBy: `key:${rotated.id}` }), "who rotated it holds it too").toEqual(refused);
  });

  it("who created the grant", async () => {
    const grant = await grantBy(behind, ground, await newAgentBy(by(org)));
    expect(await decide(behind, grant)).toEqual(refused);
    expect(await decide(other, grant)).toEqual(["approved"]);
  });

  it("where it is not known who registered the agent", async () => {
    const grant = await grantBy(nobody, ground, await newAgentBy(by(org)));
    expect(await decide(other, grant)).toEqual(["approved"]);
    const older = await grantBy(nobody, ground, await copyWithoutRegistrant(org, grant.agentId));
    expect(await decide(other, older)).toEqual(refused);
  });
});

it("lets whoever is behind an agent approve where the policy asks for no four eyes", async () => {
  const grant = await grantBy(behind, ground, await newAgentBy(by(behind)));
  expect(await decide(behind, grant, { fourEyes: false })).toEqual(["approved"]);
});

it("shows a person who may not approve no button for it, and why", async () => {
  const grant = await grantBy(nobody, ground, await newAgentBy(by(behind)));
  const { id } = await askApproval(org, grant, { fourEyes: true });
  const [mine, theirs] = [await behind.call("GET", `/approvals/${id}`), await other.call("GET", `/approvals/${id}`)];
  expect([mine.status, theirs.status]).toEqual([200, 200]);
  expect(theirs.text).toContain("Approve this once");
  expect(mine.text).not.toContain("Approve this once");
  expect(mine.text).toContain("Somebody else must approve this");
  expect(mine.text).toContain(">Deny</button>");
});
