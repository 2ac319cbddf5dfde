import { securityEvents, type SecurityEventKind } from "../db/schema/security-events.ts";
import type { ScopedDb } from "../db/tenant-db.ts";
import { newId } from "../platform/ids.ts";

const minuteMs = 60_000;

/** The beginning of the minute that a time (ms) is in. */
export const minuteOf = (nowMs: number): number => Math.floor(nowMs / minuteMs) * minuteMs;

export type SecurityEventSum = { readonly kind: SecurityEventKind; readonly credential: string; readonly at: Date; readonly count: number };

/** Records security events, each summed over its minute. */
export const insertSecurityEvents = ({ orm, orgId }: ScopedDb, sums: readonly SecurityEventSum[]) =>
  orm.insert(securityEvents).values(
    sums.map(({ kind, credential, at, count }) => ({
      orgId,
      id: newId("securityEvent"),
      kind,
      credential,
      minute: new Date(minuteOf(at.getTime())),
      count,
    })),
  );
