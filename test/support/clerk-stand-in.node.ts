import { createServer, type IncomingMessage } from "node:http";
import { z } from "zod";
import { clerkSecretKey } from "./clerk-secret.ts";

type Asked = { readonly method: string; readonly path: string; readonly body: unknown };
type Answer = { readonly status: number; readonly body: unknown };

const Invite = z.strictObject({
  email_address: z.email(),
  role: z.string().regex(/^org:(owner|admin|operator|viewer)$/),
  inviter_user_id: z.string().startsWith("user_").optional(),
});
const Role = Invite.pick({ role: true });
const invitation = (id: string) => ({ object: "organization_invitation", id, status: "pending" });

/** What Clerk's Backend API (2026-05-12) takes of an organization's members, as strictly; anything else is refused. */
const routes: readonly (readonly [method: string, path: RegExp, answer: (body: unknown, id: string) => unknown])[] = [
  ["POST", /^invitations$/, (body) => (Invite.parse(body), invitation(`orginv_${crypto.randomUUID().slice(0, 8)}`))],
  ["POST", /^invitations\/(orginv_\w+)\/revoke$/, (_, id) => ({ ...invitation(id), status: "revoked" })],
  ["PATCH", /^memberships\/(user_\w+)$/, (body, id) => ({ object: "organization_membership", ...Role.parse(body), id })],
  ["DELETE", /^memberships\/(user_\w+)$/, (_, id) => ({ object: "organization_membership", id })],
];

/** A stand-in for Clerk. Organizations called `org_refusing…` are refused, at `org_silent…` it hangs up; `/asked/<organization>` tells what it was asked. */
export async function startClerkStandIn(): Promise<{ readonly url: string; readonly close: () => void }> {
  const asked = new Map<string, Asked[]>();
  const server = createServer((request, response) => {
    const refused: Answer = { status: 422, body: { errors: [{ code: "form_param_invalid" }] } };
    void answerOf(request, asked)
      .catch(() => refused)
      .then((answer) => {
        if (answer === "silent") return response.destroy();
        return response.writeHead(answer.status, { "content-type": "application/json" }).end(JSON.stringify(answer.body));
      });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = z.object({ port: z.int() }).parse(server.address());
  return { url: `http://127.0.0.1:${port}`, close: () => void (server.closeAllConnections(), server.close()) };
}

async function answerOf(request: IncomingMessage, asked: Map<string, Asked[]>): Promise<Answer | "silent"> {
  const { method = "", url = "" } = request;
  const text = Buffer.concat(await request.toArray()).toString("utf8");
  const [, heardOf] = /^\/asked\/(org_\w+)$/.exec(url) ?? [];
  if (heardOf !== undefined) return { status: 200, body: asked.get(heardOf) ?? [] };
  if (request.headers.authorization !== `Bearer ${clerkSecretKey}`) return { status: 401, body: {} };
  const [, organization = "", path = ""] = /^\/v1\/organizations\/(org_\w+)\/(.+)$/.exec(url) ?? [];
  const body: unknown = text === "" ? undefined : JSON.parse(text);
  asked.set(organization, [...(asked.get(organization) ?? []), { method, path, body }]);
  if (organization.startsWith("org_silent")) return "silent";
  if (organization.startsWith("org_refusing")) return { status: 403, body: { errors: [{ code: "not_allowed" }] } };
  for (const [verb, pattern, answer] of routes) {
    const found = verb === method ? pattern.exec(path) : null;
    if (found !== null) return { status: 200, body: answer(body, found[1] ?? "") };
  }
  return { status: 404, body: {} };
}
