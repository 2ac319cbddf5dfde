// Nothing here runs: that this file compiles is the test. Each line marked must be refused by the compiler.
import { z } from "@hono/zod-openapi";
import { defineOperation } from "../../src/http/define-operation.ts";

const body = z.object({ ok: z.boolean() });
const base = { id: "things.read", path: "/v1/things", summary: "Things", request: {}, response: { status: 200, body } } as const;
const handle = async () => ({ ok: true });
const read = { ...base, method: "get", governance: "tenant-read", access: { mode: "tenant", scope: "agents:read" }, handle } as const;
const change = {
  ...base,
  method: "post",
  governance: "tenant-mutation",
  access: { mode: "tenant", scope: "agents:write" },
  audit: "agent.created",
  handle,
} as const;
const open = { ...base, method: "get", governance: "public-read", access: { mode: "public" }, handle } as const;

defineOperation(read);
defineOperation(change);
defineOperation(open);

const { governance: _g, ...ungoverned } = read;
// @ts-expect-error an operation needs a governance class
defineOperation(ungoverned);

const { access: _a, ...unguarded } = read;
// @ts-expect-error an operation needs an access mode
defineOperation(unguarded);

// @ts-expect-error an authenticated operation needs a scope
defineOperation({ ...read, access: { mode: "tenant" } });

// @ts-expect-error a public operation has no scope
defineOperation({ ...open, access: { mode: "public", scope: "agents:read" } });

// @ts-expect-error an unknown scope
defineOperation({ ...read, access: { mode: "tenant", scope: "agents:admin" } });

const { audit: _audit, ...unaudited } = change;
// @ts-expect-error a mutation needs an audit action
defineOperation(unaudited);

// @ts-expect-error an unknown audit action
defineOperation({ ...change, audit: "agent.renamed" });

// @ts-expect-error a read has no audit action
defineOperation({ ...read, audit: "agent.created" });

// @ts-expect-error a public operation cannot be a tenant's mutation
defineOperation({ ...change, access: { mode: "public" } });

// @ts-expect-error a public operation cannot be a tenant's read
defineOperation({ ...read, access: { mode: "public" } });

// @ts-expect-error a tenant's operation cannot be a public read
defineOperation({ ...open, access: { mode: "tenant", scope: "agents:read" } });

// @ts-expect-error a read is a GET
defineOperation({ ...read, method: "post" });

// @ts-expect-error a mutation is not a GET
defineOperation({ ...change, method: "get" });

// @ts-expect-error an unknown class
defineOperation({ ...read, governance: "tenant-anything" });

defineOperation({
  ...read,
  handle: async ({ tenant }) => {
    // @ts-expect-error a read cannot write
    await tenant.write({ action: "agent.created", resource: "agt", change: null }, () => []);
    return { ok: true };
  },
});

defineOperation({
  ...change,
  handle: async ({ tenant }) => {
    // @ts-expect-error a mutation writes under its declared action only
    await tenant.write({ action: "agent.archived", resource: "agt", change: null }, () => []);
    return { ok: true };
  },
});

// @ts-expect-error the answer has the declared shape
defineOperation({ ...read, handle: async () => ({ ok: "yes" }) });

// @ts-expect-error one copy for everyone is for what anyone may read
defineOperation({ ...read, response: { status: 200, body, sharedSeconds: 30 } });

// @ts-expect-error nothing of a tenant is for scripts of any origin
defineOperation({ ...read, response: { status: 200, body, anyOrigin: true } });

defineOperation({ ...open, response: { status: 200, body, anyOrigin: true, sharedSeconds: 30 } });

// @ts-expect-error one copy for everyone would mix the answers to different queries
defineOperation({ ...open, request: { query: z.object({ a: z.string() }) }, response: { status: 200, body, sharedSeconds: 30 } });

const paid = { ...read, access: { mode: "payable", scope: "agents:read", price: "0.001" } } as const;
const seller = { orgId: "org_a", about: "agt_a" };
const quote = async () => ({ seller, deliver: async () => ({ ok: true }) });
defineOperation({ ...paid, quote });
defineOperation({ ...change, access: { mode: "payable", scope: "agents:write", price: "0.002" }, quote });
defineOperation({
  ...paid,
  quote: async ({ requestId }) => ({ seller, deliver: async ({ payer }) => ({ ok: requestId === payer }) }),
});

// @ts-expect-error a quote says whose it is
defineOperation({ ...paid, quote: async () => ({ deliver: async () => ({ ok: true }) }) });

// @ts-expect-error what can be paid for has a quote
defineOperation(paid);

// @ts-expect-error what cannot be paid for has none
defineOperation({ ...read, quote });

// @ts-expect-error a quote delivers the operation's answer
defineOperation({ ...paid, quote: async () => async () => ({ ok: "yes" }) });

// @ts-expect-error what can be paid for has a price
defineOperation({ ...paid, access: { mode: "payable", scope: "agents:read" }, quote });

// @ts-expect-error nobody without an account reads what is open to everyone for money
defineOperation({ ...open, access: { mode: "payable", scope: "agents:read", price: "0.001" }, quote });

type Quoted = Parameters<
  NonNullable<Parameters<typeof defineOperation<"tenant-read", never, {}, { status: 200; body: typeof body }>>[0]["quote"]>
>[0];
// @ts-expect-error a quote knows no tenant
export type TenantOfQuote = Quoted["tenant"];

const judge = async (): Promise<void> => undefined;
const inRoom = { ...base, method: "post", governance: "room", access: { mode: "room", judge }, handle } as const;
defineOperation({ ...inRoom, handle: async ({ room }) => ({ ok: room.token !== "" }) });

// @ts-expect-error a room token carries capabilities, not scopes
defineOperation({ ...inRoom, access: { mode: "room", judge, scope: "swarms:read" } });

// @ts-expect-error a room token is no tenant's credential
defineOperation({ ...change, access: { mode: "room", judge } });

// @ts-expect-error who may ask nothing is told nothing: the room judges the token first
defineOperation({ ...inRoom, access: { mode: "room" } });

// @ts-expect-error an upgrade answers with a response
defineOperation({ ...inRoom, method: "get", response: { status: 101, upgrade: true } });
