import { readAdmission, type AdmitRequest } from "../../access/admission.ts";
import type { Gate } from "../../access/gate.durable-object.ts";
import type { Trivial } from "./baseline.worker.ts";
import { decideOften } from "./decide-often.ts";
import { mintRoomTokens } from "./mint-room-tokens.ts";
import { verifyDeliveries } from "./verify-deliveries.ts";
import { signStatements } from "./sign-statements.ts";

type Bindings = { readonly GATE: DurableObjectNamespace<Gate>; readonly TRIVIAL: DurableObjectNamespace<Trivial> };

/** Calls one object and does nothing else, so that the two kinds can be compared: both live in another Worker. Or signs, mints, verifies or decides, and does nothing else. */
export default {
  async fetch(request, { GATE, TRIVIAL }) {
    const { pathname, searchParams } = new URL(request.url);
    const count = Number(searchParams.get("count"));
    if (pathname.startsWith("/statements/")) return Response.json(await signStatements(count, pathname.endsWith("/verify")));
    if (pathname.startsWith("/room-tokens/")) return Response.json(await mintRoomTokens(count, pathname.endsWith("/verify")));
    if (pathname.startsWith("/deliveries/")) return Response.json(await verifyDeliveries(pathname.slice("/deliveries/".length), count));
    const [, rules, kind] = /^\/decisions\/(\d+)\/(known|fresh)$/.exec(pathname) ?? [];
    if (rules !== undefined) return Response.json(decideOften(Number(rules), count, kind === "fresh"));
    const asked = requestOf(searchParams);
    const ok =
      pathname === "/gate"
        ? readAdmission(await GATE.get(GATE.idFromName(asked.orgId)).admit(asked)).ok
        : await TRIVIAL.get(TRIVIAL.idFromName(asked.orgId)).check();
    return Response.json(ok, { status: ok ? 200 : 500 });
  },
} satisfies ExportedHandler<Bindings>;

const requestOf = (query: URLSearchParams): AdmitRequest => ({
  orgId: query.get("org") ?? "",
  keyId: query.get("key") ?? "",
  claim: { secretHash: query.get("hash"), tokenScopes: null, scope: "agents:read", address: null },
  durable: false,
  idempotency: null,
});
