import type { NeonHttpDatabase } from "drizzle-orm/neon-http";
import type { BatchItem, BatchResponse } from "drizzle-orm/batch";
import type { OrgScope } from "../access/org-scope.ts";
import type { Action } from "../audit/actions.ts";
import type { JsonValue } from "../crypto/canonical-json.ts";

/** What a store's query builders are given: drizzle to build with, and the organization that every query names. */
export type ScopedDb = {
  readonly orgId: OrgScope;
  readonly orm: Pick<NeonHttpDatabase, "select" | "selectDistinct" | "insert" | "update" | "delete" | "execute" | "$with" | "with">;
};

export type Query = BatchItem<"pg">;
type Build<T extends readonly Query[]> = (db: ScopedDb) => readonly [...T];

/** One audited change. `change` is what is digested into the log; `answer` is what a repeat of the request gets. */
export type ChangeEvent<A extends Action> = {
  readonly action: A;
  readonly resource: string;
  readonly change: JsonValue;
  readonly answer?: unknown;
};

/** Each call is one round trip and one transaction in which the organization's row security holds. */
export interface TenantReader {
  readonly orgId: OrgScope;
  read<T extends readonly Query[]>(build: Build<T>): Promise<BatchResponse<[...T]>>;
}

/** `write` puts the audit event before the changes; a change that matches no row aborts all of it (409 state_conflict). */
export interface TenantWriter<A extends Action> extends TenantReader {
  write<T extends readonly Query[]>(event: ChangeEvent<A>, build: Build<T>): Promise<BatchResponse<[...T]>>;
}
