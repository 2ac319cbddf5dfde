import { z } from "@hono/zod-openapi";
import { and, desc, eq, lt, or, type SQL } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";

/** Where a page ended: the sort time and the id of its last row. */
export type Cursor = { readonly at: Date; readonly id: string };

const encode = ({ at, id }: Cursor): string =>
  btoa(JSON.stringify([at.getTime(), id]))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

/** The end of the year 9999: PostgreSQL and RFC 3339 agree on times up to it. */
const maxTimeMs = 253_402_300_799_999;

function decode(text: string): Cursor | undefined {
  try {
    const value: unknown = JSON.parse(atob(text.replaceAll("-", "+").replaceAll("_", "/")));
    const parsed = z.tuple([z.int().min(0).max(maxTimeMs), z.string().regex(/^[a-z]{3,4}_[0-9A-Za-z]{1,40}$/)]).safeParse(value);
    return parsed.success ? { at: new Date(parsed.data[0]), id: parsed.data[1] } : undefined;
  } catch {
    return undefined;
  }
}

/** Query fields of every list: at most 100 rows, newest first, from where the last page ended. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(100).default(25).openapi({ description: "Rows in a page." }),
  cursor: z
    .string()
    .max(200)
    .transform((text, context) => {
      const cursor = decode(text);
      if (cursor !== undefined) return cursor;
      context.addIssue("Not a cursor of this API.");
      return z.NEVER;
    })
    .optional()
    .openapi({ type: "string", description: "`nextCursor` of the page before." }),
};

export type Page = { readonly limit: number; readonly cursor?: Cursor | undefined };

/** The answer of a list: `items` and where the next page begins, or null at the end. */
export const pageOf = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), nextCursor: z.string().nullable() });

/** Keyset condition and order for a newest-first list; ask for `limit + 1` rows, so that `toPage` knows whether there are more. */
export function keyset(page: Page, at: PgColumn, id: PgColumn): { where: SQL | undefined; orderBy: [SQL, SQL]; limit: number } {
  const { cursor } = page;
  const where = cursor === undefined ? undefined : or(lt(at, cursor.at), and(eq(at, cursor.at), lt(id, cursor.id)));
  return { where, orderBy: [desc(at), desc(id)], limit: page.limit + 1 };
}

/** Cuts the extra row off and says where the next page begins. */
export function toPage<R, T>(
  rows: readonly R[],
  page: Page,
  cursorOf: (row: R) => Cursor,
  toItem: (row: R) => T,
): { items: T[]; nextCursor: string | null } {
  const shown = rows.slice(0, page.limit);
  const last = shown.at(-1);
  return { items: shown.map(toItem), nextCursor: rows.length > page.limit && last !== undefined ? encode(cursorOf(last)) : null };
}
