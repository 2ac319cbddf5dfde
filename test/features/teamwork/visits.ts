import { env } from "cloudflare:workers";
import { openSystemDb } from "../../../src/access/system-principal.ts";
import { parseEnvironment } from "../../../src/env.ts";
import { insertVisit } from "../../../src/features/teamwork/index.ts";
import { newId } from "../../../src/platform/ids.ts";
import type { TestOrganization } from "../../support/organization.ts";

export type Visit = Parameters<typeof insertVisit>[1];

export const visitOf = (agentId: string, roomId: string, said: Partial<Visit> = {}): Visit => ({
  id: newId("roomVisit"),
  roomId,
  agentId,
  joinedAt: new Date("2026-03-01T10:00:00.000Z"),
  leftAt: new Date("2026-03-01T11:00:00.000Z"),
  messages: 3,
  effects: 1,
  via: "socket",
  ...said,
});

/** Writes visits as a room does when its members leave. */
export async function leave(org: TestOrganization, visits: readonly Visit[]): Promise<void> {
  const parsed = parseEnvironment(env);
  if (!parsed.ok) throw new Error("no environment");
  const db = openSystemDb(parsed.env, org.orgId, "system:test");
  for (const visit of visits) {
    const event = { action: "room.left", resource: visit.id, change: { messages: visit.messages }, answer: null } as const;
    await db.write(event, (scoped) => [insertVisit(scoped, visit)]);
  }
}
