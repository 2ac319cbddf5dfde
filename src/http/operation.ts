import type { z } from "@hono/zod-openapi";
import type { Principal } from "../access/principal.ts";
import type { Scope } from "../access/scopes.ts";
import type { Action } from "../audit/actions.ts";
import type { Plan } from "../access/plans.ts";
import type { SealedBox } from "../crypto/sealed-box.ts";
import type { TenantReader, TenantWriter } from "../db/tenant-db.ts";
import type { Environment } from "../env.ts";
import type { Audited, Governance, MethodOf, ModeOf } from "./governance.ts";

export type Access<M extends "public" | "tenant" = "public" | "tenant"> = M extends "public"
  ? { mode: "public"; scope?: never }
  : { mode: M; scope: Scope };

type RequestShape = { params?: z.ZodObject; query?: z.ZodObject; body?: z.ZodType };
type Output<S> = S extends z.ZodType ? z.output<S> : undefined;
type InputOf<R extends RequestShape> = {
  readonly params: Output<R["params"]>;
  readonly query: Output<R["query"]>;
  readonly body: Output<R["body"]>;
};

type Basics = {
  readonly now: Date;
  readonly requestId: string;
  readonly env: Environment;
  readonly waitUntil: (work: Promise<unknown>) => void;
};
type Caller = {
  readonly principal: Extract<Principal, { kind: "key" | "token" }>;
  readonly plan: Plan;
  readonly environment: "live" | "test";
  readonly box: SealedBox;
};
/** What a tenant's verb is given besides its input. A read has no `write`, by its type. */
export type ReadContext = Basics & Caller & { readonly tenant: TenantReader };
export type WriteContext<A extends Action> = Basics & Caller & { readonly tenant: TenantWriter<A> };

type ContextOf<G extends Governance, A extends Action> =
  ModeOf<G> extends "public" ? Basics : G extends Audited ? WriteContext<A> : ReadContext;

export type ResponseShape<B extends z.ZodType> = { status: 200 | 201 | 202 | 204; body: B; contentType?: string; cacheControl?: string };

export type OperationSpec<G extends Governance, A extends Action, R extends RequestShape, B extends z.ZodType> = {
  id: `${string}.${string}`;
  method: MethodOf<G>;
  path: `/${string}`;
  summary: string;
  access: Access<ModeOf<G>>;
  governance: G;
  request: R;
  response: ResponseShape<B>;
  handle: (request: { readonly input: InputOf<R> } & ContextOf<G, A>) => Promise<z.input<B>>;
} & (G extends Audited ? { audit: A } : { audit?: never });
