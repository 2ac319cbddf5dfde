import { beforeAll, describe, expect, it } from "vitest";
import { askApproval, newGrant, type TestGrant } from "../../support/approvals.ts";
import { createOrganization, type TestOrganization } from "../../support/organization.ts";
import { signInAs, type TestPerson } from "../../support/people.ts";

let org: TestOrganization;
let grant: TestGrant;
let operator: TestPerson;
beforeAll(async () => {
  org = await createOrganization();
  grant = await newGrant(org);
  operator = await signInAs(org, "operator");
});

const form = { "content-type": "application/x-www-form-urlencoded" };
const send = (person: TestPerson, id: string, verb: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
  person.call("POST", `/approvals/${id}/${verb}`, new URLSearchParams(fields).toString(), { ...form, ...headers });
const statusOf = async (id: string): Promise<string> => (await org.call("GET", `/v1/approvals/${id}`)).body.status;

const entities: Readonly<Record<string, string>> = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'" };
/** What a browser shows of the page's one `pre`. */
function shownText(page: string): string {
  const [, inner] = /<pre[^>]*>(.*?)<\/pre>/s.exec(page) ?? [];
  if (inner === undefined) throw new Error("no pre");
  return inner.replaceAll(/<[^>]*>/g, "").replaceAll(/&\w+;|&#39;/g, (entity) => entities[entity] ?? entity);
}

describe("the page on which a person decides", () => {
  it("shows the very bytes that the API gives and whose digest is decided on, whatever the agent wrote", async () => {
    const args = {
      note: `</pre><script>alert("1")</script>&amp;\u202e\n<form action="//evil.example">`,
      he: "\u05e9\u05dc\u05d5\u05dd 12",
    };
    const { id, previewDigest } = await askApproval(org, grant, { args });
    const { text, headers, status } = await operator.call("GET", `/approvals/${id}`);
    const { preview } = (await org.call("GET", `/v1/approvals/${id}`)).body;
    expect(status).toBe(200);
    expect(shownText(text)).toBe(preview);
    expect(text).toContain(`name="previewDigest" value="${previewDigest}"`);
    expect(text).not.toContain("<script");
    expect(text.match(/<form/g)).toHaveLength(1);
    expect(headers.get("content-security-policy")).toMatch(/^default-src 'none'; style-src 'sha256-[\w+/=]+'; .*form-action 'self'$/);
    expect(headers.get("referrer-policy")).toBe("same-origin");
    expect(headers.get("cache-control")).toBe("no-store");
    // Each string by itself, so that what is written from right to left moves nothing beside it.
    expect(text).toContain("<bdi>&quot;he&quot;</bdi>:<bdi>&quot;\u05e9\u05dc\u05d5\u05dd 12&quot;</bdi>");
  });

  it.each([
    ["approve", "approved", "You approved this"],
    ["deny", "denied", "You denied this"],
  ])("has a button to %s", async (verb, status, heading) => {
    const { id, previewDigest } = await askApproval(org, grant);
    expect((await operator.call("GET", `/approvals/${id}`)).text).toContain(`action="/approvals/${id}/${verb}"`);
    const answer = await send(operator, id, verb, { previewDigest, note: "" });
    expect([answer.status, answer.text.includes(`<h1>${heading}</h1>`)]).toEqual([200, true]);
    expect((await org.call("GET", `/v1/approvals/${id}`)).body).toMatchObject({ status, note: null });
    const after = await operator.call("GET", `/approvals/${id}`);
    expect(after.text).not.toContain("<form");
    expect(after.text).toContain(`<dd>member:${operator.memberId}</dd>`);
  });

  it("takes a note with the decision, and no other preview's digest, and says so as a page", async () => {
    const [one, other] = [await askApproval(org, grant), await askApproval(org, grant)];
    const refused = await send(operator, one.id, "approve", { previewDigest: other.previewDigest });
    expect([refused.status, refused.headers.get("content-type")]).toEqual([409, "text/html; charset=utf-8"]);
    expect(refused.text).toContain("<h1>The state does not allow this</h1>");
    expect(await statusOf(one.id)).toBe("pending");
    await send(operator, one.id, "deny", { previewDigest: one.previewDigest, note: "Ask for less." });
    expect((await org.call("GET", `/v1/approvals/${one.id}`)).body.note).toBe("Ask for less.");
  });

  it("is decided from itself alone: another site's form, or one that does not say where it is from, decides nothing", async () => {
    const { id, previewDigest } = await askApproval(org, grant);
    for (const origin of ["https://evil.example", "null", ""]) {
      const answer = await send(operator, id, "approve", { previewDigest }, { origin });
      expect(answer.status, origin).toBe(403);
      expect(answer.text).toContain("<h1>");
    }
    const scripted = await operator.call("POST", `/approvals/${id}/approve`, { previewDigest });
    expect(scripted.status, "JSON is for the API").toBe(415);
    expect(await statusOf(id)).toBe("pending");
  });

  it("shows a viewer what is asked, and no button", async () => {
    const { id } = await askApproval(org, grant);
    const { status, text } = await (await signInAs(org, "viewer")).call("GET", `/approvals/${id}`);
    expect(status).toBe(200);
    expect(text).not.toContain("<button");
    expect(text).toContain("Your role does not decide this.");
  });

  it("is nobody's who is not signed in, and no key's", async () => {
    const { id } = await askApproval(org, grant);
    const nobody = await operator.call("GET", `/approvals/${id}`, undefined, { cookie: "" });
    expect([nobody.status, nobody.text.includes("<h1>You are not signed in</h1>")]).toEqual([401, true]);
    expect((await org.call("GET", `/approvals/${id}`)).status).toBe(403);
  });

  it.each([
    ["expired", "The time for this is over"],
    ["cancelled", "This was cancelled"],
  ])("says what has become of it: %s", async (status, heading) => {
    const past = new Date(Date.now() - 7_200_000);
    const { id } = await askApproval(org, grant, status === "expired" ? { now: past } : {});
    if (status === "cancelled") await org.call("POST", `/v1/approvals/${id}/cancel`);
    const { text } = await operator.call("GET", `/approvals/${id}`);
    expect(text).toContain(`<h1>${heading}</h1>`);
    expect(text).not.toContain("<button");
  });
});
