import type { z } from "@hono/zod-openapi";
import type { Plan } from "../access/plans.ts";
import type { Principal } from "../access/principal.ts";
import type { Scope } from "../access/scopes.ts";
import type { Action } from "../audit/actions.ts";
import type { SealedBox } from "../crypto/sealed-box.ts";
import type { Meter, TenantReader, TenantRecorder, TenantWriter } from "../db/tenant-db.ts";
import type { Environment } from "../env.ts";
import type { Audited, Governance, MethodOf, ModeOf } from "./governance.ts";

export type AccessMode = "public" | "tenant";
export type Access<M extends AccessMode = AccessMode> = M extends "public"
  ? { readonly mode: "public"; readonly scope?: never }
  : { readonly mode: M; readonly scope: Scope };

export type RequestShape = { readonly params?: z.ZodObject; readonly query?: z.ZodObject; readonly body?: z.ZodType };
type Output<S> = S extends z.ZodType ? z.output<S> : undefined;
type InputOf<R extends RequestShape> = {
  readonly params: Output<R["params"]>;
  readonly query: Output<R["query"]>;
  readonly body: Output<R["body"]>;
};

/** An answer that is not one JSON value: a page, a file, a stream. */
export type MediaAnswer = {
  readonly content: string | ReadableStream | null;
  readonly mediaType: string;
  readonly headers?: Readonly<Record<string, string>>;
};

export type TextAnswer = MediaAnswer & { readonly content: string };

/** `body`: one JSON value, checked before it is sent. `media`: the types that a MediaAnswer may have. */
export type ResponseShape = {
  readonly status: 200 | 201 | 202;
  /** `no-store` unless said otherwise. */
  readonly cacheControl?: string;
  /** What any site may read and embed, failures too. */
  readonly anyOrigin?: true;
  /** What is kept for everyone, by the path alone, and never shown later than so many seconds after it was computed. */
  readonly sharedSeconds?: number;
} & ({ readonly body: z.ZodType; readonly media?: never } | { readonly media: readonly [string, ...string[]]; readonly body?: never });
type AnswerOf<S extends ResponseShape> = S extends { readonly body: infer B extends z.ZodType } ? z.input<B> : MediaAnswer;

export type Basics = {
  readonly now: Date;
  readonly requestId: string;
  readonly env: Environment;
  readonly waitUntil: (work: Promise<unknown>) => void;
  /** Where the request's round trips to the database are counted. */
  readonly meter: Meter;
};
export type Caller = { readonly principal: Principal; readonly plan: Plan; readonly environment: "live" | "test"; readonly box: SealedBox };
/** What a tenant's verb is given besides its input. A read has no `write`, by its type. */
export type ReadContext = Basics & Caller & { readonly tenant: TenantReader & TenantRecorder };
export type WriteContext<A extends Action> = Basics & Caller & { readonly tenant: TenantWriter<A> };
type ContextOf<G extends Governance, A extends Action> =
  ModeOf<G> extends "public" ? Basics : G extends Audited ? WriteContext<A> : ReadContext;

type OperationBase = { readonly id: `${string}.${string}`; readonly path: `/${string}`; readonly summary: string };

export type OperationSpec<G extends Governance, A extends Action, R extends RequestShape, S extends ResponseShape> = OperationBase & {
  readonly governance: G;
  readonly method: MethodOf<G>;
  readonly access: Access<ModeOf<G>>;
  readonly request: R;
  readonly response: S;
  readonly handle: (request: { readonly input: InputOf<R> } & ContextOf<G, A>) => Promise<AnswerOf<S>>;
} & (G extends Audited ? { readonly audit: A } : { readonly audit?: never }) &
  (ModeOf<G> extends "public" ? { readonly response: Shareable<R> } : { readonly response: Unshared });

type Unshared = { readonly anyOrigin?: never; readonly sharedSeconds?: never };
/** One copy for all would mix the answers of an operation that has a query. */
type Shareable<R extends RequestShape> = R extends { readonly query: z.ZodObject } ? { readonly sharedSeconds?: never } : object;

/** An operation as the table holds it, its handler's types forgotten. */
export type Operation = OperationBase & {
  readonly governance: Governance;
  readonly method: MethodOf<Governance>;
  readonly access: Access;
  readonly audit?: Action;
  readonly request: RequestShape;
  readonly response: ResponseShape;
  readonly handle: (request: never) => Promise<unknown>;
};
