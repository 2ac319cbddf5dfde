import type { WriteContext } from "../../http/operation.ts";
import type { Action } from "../../audit/actions.ts";
import { problem } from "../../http/problem.ts";
import { checkTarget } from "../../platform/egress.ts";

/** The URL as it is stored, once it may be called and its name leads to public addresses only. 400 where not, 503 where DNS does not say. */
export async function requireTarget({ env }: Pick<WriteContext<Action>, "env">, url: string): Promise<string> {
  const target = await checkTarget(env, url);
  if (target.ok) return target.url.href;
  const { reason, detail } = target;
  if (reason === "dns_unreachable") throw problem("unavailable", `${reason}: ${detail}`);
  const why = reason === "refused_url" ? detail : "not_a_public_address";
  throw problem("invalid_request", `${reason}: ${detail}`, {
    errors: [{ path: "body.url", message: `Nothing can be sent there: ${why}.` }],
  });
}
