import type { z } from "@hono/zod-openapi";
import type { Plan } from "../access/plans.ts";
import type { Principal } from "../access/principal.ts";
import type { Scope } from "../access/scopes.ts";
import type { Action } from "../audit/actions.ts";
import type { SealedBox } from "../crypto/sealed-box.ts";
import type { Meter, TenantReader, TenantRecorder, TenantWriter } from "../db/tenant-db.ts";
import type { Environment } from "../env.ts";
import type { Seller } from "../payments/payment.ts";
import type { Price } from "../payments/prices.ts";
import type { Provider } from "../providers/provider.ts";
import type { Audited, Governance, MethodOf, ModeOf } from "./governance.ts";
import type { ToolName } from "./tool-names.ts";

/**
 * `operator`: a signed-in person alone, whose role has the scope. `provider`: a signed event of the provider. `relay`: whoever may call the
 * operations that are called through it; each of those decides for itself.
 */
export type AccessMode = "public" | "tenant" | "operator" | "payable" | "room" | "provider" | "relay";
export type Access<M extends AccessMode = AccessMode> = M extends "public" | "relay"
  ? { readonly mode: M; readonly scope?: never; readonly price?: never }
  : M extends "room"
    ? { readonly mode: M; readonly judge: JudgeToken; readonly scope?: never; readonly price?: never }
    : M extends "provider"
      ? { readonly mode: M; readonly provider: Provider; readonly scope?: never; readonly price?: never }
      : M extends "payable"
        ? { readonly mode: M; readonly scope: Scope; readonly price: Price }
        : { readonly mode: M; readonly scope: Scope; readonly price?: never };

export type RequestShape = {
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** The body is what a page's form sends (application/x-www-form-urlencoded), not JSON. */
  readonly form?: true;
};
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

/**
 * `body`: one JSON value, checked before it is sent. `media`: the types that a MediaAnswer may have. `upgrade`: a socket (101).
 * `relayed`: what a library answers in its protocol's own form, whatever its status.
 */
export type ResponseShape = {
  readonly status: 101 | 200 | 201 | 202;
  /** `no-store` unless said otherwise. */
  readonly cacheControl?: string;
  /** What any site may read and embed, failures too. */
  readonly anyOrigin?: true;
  /** What is kept for everyone, by the path alone, and never shown later than so many seconds after it was computed. */
  readonly sharedSeconds?: number;
  /** What goes wrong is shown to people as a page, not as problem details. */
  readonly refusals?: "page";
} & (
  | { readonly body: z.ZodType; readonly media?: never; readonly upgrade?: never; readonly relayed?: never }
  | { readonly media: readonly [string, ...string[]]; readonly body?: never; readonly upgrade?: never; readonly relayed?: never }
  | { readonly status: 101; readonly upgrade: true; readonly body?: never; readonly media?: never; readonly relayed?: never }
  | { readonly status: 200; readonly relayed: true; readonly body?: never; readonly media?: never; readonly upgrade?: never }
);
type AnswerOf<S extends ResponseShape> = S extends { readonly body: infer B extends z.ZodType }
  ? z.input<B>
  : S extends { readonly upgrade: true } | { readonly relayed: true }
    ? Response
    : MediaAnswer;

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
export type ReadContext = Basics &
  Caller & {
    readonly tenant: TenantReader & TenantRecorder;
    /** For a read that waited: asks once more what was asked before it, as a request of its own, and throws the refusal. */
    readonly stillAdmitted: () => Promise<void>;
  };
export type WriteContext<A extends Action> = Basics & Caller & { readonly tenant: TenantWriter<A> };
/**
 * A room whose identifier we made, and a token that the room itself has yet to check. `socket`: whether the request asks for one, and the
 * subprotocols that it names beside its token, if it names any.
 */
export type RoomDoor = {
  readonly roomId: string;
  readonly token: string;
  readonly socket: { readonly upgrade: boolean; readonly protocols: readonly string[] };
};
export type RoomContext = Basics & { readonly room: RoomDoor };
/** What a provider signed, once its signature and its clock were checked: the bytes as they came. */
export type ProviderDelivery = {
  readonly provider: Provider;
  /** The provider's own name of the delivery, where it has one beside the body. */
  readonly deliveryId: string | null;
  readonly signedAt: Date;
  readonly body: Uint8Array<ArrayBuffer>;
};
export type ProviderContext = Basics & { readonly delivery: ProviderDelivery; readonly request: Request };
/** What one operation is called with through a relay: its path's parameters as text, and the rest as its own request would have it. */
export type RelayedCall = {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  /** The JSON body, as the bytes that are sent; undefined where the operation takes none. */
  readonly body: string | undefined;
  readonly idempotencyKey?: string;
  /** PAYMENT-SIGNATURE, as x402 has it over HTTP. */
  readonly payment?: string;
};
/** A request in another protocol, whose caller may ask for many operations: each call is a request of its own, with a gate of its own. */
export type Relay = {
  readonly request: Request;
  readonly body: Uint8Array<ArrayBuffer>;
  /** Runs the operation's own pipeline for the caller's own credential and address. A credential that does not hold fails the whole request. */
  readonly call: (operation: Operation, asked: RelayedCall) => Promise<Response>;
  /** Who asks, by one call of the gate; null for nobody. Throws 401 where the credential does not hold, and 429. */
  readonly caller: () => Promise<RelayCaller | null>;
};
export type RelayCaller = { readonly principal: Principal; readonly tenant: TenantReader };
export type RelayContext = Basics & { readonly relay: Relay };
/** Has the room judge a token with which nothing can be asked of it; throws what the room would have answered. */
export type JudgeToken = (at: Pick<RoomContext, "env" | "room">) => Promise<void>;
type ContextOf<G extends Governance, A extends Action> =
  ModeOf<G> extends "public"
    ? Basics
    : ModeOf<G> extends "room"
      ? RoomContext
      : ModeOf<G> extends "provider"
        ? ProviderContext
        : ModeOf<G> extends "relay"
          ? RelayContext
          : G extends Audited
            ? WriteContext<A>
            : ReadContext;

/** Who paid, and for which payment something is delivered. */
export type Payment = { readonly id: string; readonly payer: string };
/** Gives what was quoted, once it is paid for. */
export type Deliver<Answer> = (payment: Payment) => Promise<Answer>;
/** What can be had for a payment, and whose it is. */
export type Quote<Answer> = { readonly seller: Seller; readonly deliver: Deliver<Answer> };
/**
 * What a payable operation does for a caller without a credential. It reads what there is to sell, and throws 400 or 404 (existence,
 * visibility) before anything is asked for or taken.
 */
type AskQuote<R extends RequestShape, Answer> = (request: { readonly input: InputOf<R> } & Basics) => Promise<Quote<Answer>>;

type OperationBase = {
  readonly id: `${string}.${string}`;
  readonly path: `/${string}`;
  readonly summary: string;
  /** What callers must know beyond the schemas, as Markdown. */
  readonly guide?: string;
  /** What MCP clients call it by, where agents and their operators' assistants need it. */
  readonly tool?: ToolName;
};

export type OperationSpec<G extends Governance, A extends Action, R extends RequestShape, S extends ResponseShape> = OperationBase & {
  readonly governance: G;
  readonly method: MethodOf<G>;
  readonly request: R;
  readonly response: S;
  readonly handle: (request: { readonly input: InputOf<R> } & ContextOf<G, A>) => Promise<AnswerOf<S>>;
} & Offer<ModeOf<G>, R, AnswerOf<S>> &
  (G extends Audited ? { readonly audit: A } : { readonly audit?: never }) &
  (ModeOf<G> extends "public" ? { readonly response: Shareable<R> } : { readonly response: Unshared });

/** What can be paid for has a quote, and nothing else has one. */
type Offer<M extends AccessMode, R extends RequestShape, Answer> =
  | { readonly access: Access<Exclude<M, "payable">>; readonly quote?: never }
  | { readonly access: Access<Extract<M, "payable">>; readonly quote: AskQuote<R, Answer> };

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
  readonly quote?: (request: never) => Promise<Quote<unknown>>;
};
