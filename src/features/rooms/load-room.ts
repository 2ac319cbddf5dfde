import { plans, type Plan } from "../../access/plans.ts";
import { openSystemDb, selectOrganization } from "../../access/system-principal.ts";
import { openSealedBox } from "../../crypto/sealed-box.ts";
import { findRoomOrganization } from "../../db/cross-tenant.ts";
import type { RoomTopic } from "../../db/schema/swarms.ts";
import type { Environment } from "../../env.ts";
import { currentTime } from "../../platform/clock.ts";
import { openSwarmSecret, selectStandingSecretsOf, type SwarmSecret } from "../swarms/index.ts";
import type { RevocationRow } from "./revocation.ts";
import { selectRoom, selectStandingRevocations } from "./store.ts";

/** All that a room's object needs to know of its room. */
export type RoomConfig = {
  readonly roomId: string;
  readonly orgId: string;
  readonly plan: Plan;
  /** A closed room takes nobody and nothing any more. */
  readonly closedAt: Date | null;
  /** The swarm's secrets that verify now: the newest, and a former one until its end. */
  readonly secrets: readonly SwarmSecret[];
  /** None: any topic may be published on. Otherwise these alone. */
  readonly topics: readonly RoomTopic[];
  /** Within what the plan allows now. */
  readonly retention: { readonly messages: number; readonly days: number };
  /** Who is kept out, for an object that has lost what it knew. */
  readonly revocations: readonly Pick<RevocationRow, "kind" | "subject" | "until">[];
};

/** Reads a room for its object, in two round trips; undefined where there is none. Throws (503) where the database is out of reach. */
export async function loadRoom(env: Environment, roomId: string): Promise<RoomConfig | undefined> {
  const orgId = await findRoomOrganization(env, roomId);
  if (orgId === undefined) return undefined;
  const now = currentTime();
  const [[organization], [room], sealed, revocations] = await openSystemDb(env, orgId, "system:room").read((db) => [
    selectOrganization(db),
    selectRoom(db, roomId),
    selectStandingSecretsOf(db, roomId, now),
    selectStandingRevocations(db, roomId, now),
  ]);
  if (organization === undefined || room === undefined) return undefined;
  const box = openSealedBox(env.encryptionKeys, orgId, organization.wrappedDataKey);
  const secrets = await Promise.all(sealed.map((row) => openSwarmSecret(box, row)));
  const { plan } = organization;
  const { topics, closedAt } = room;
  const most = plans[plan];
  const retention = { messages: Math.min(room.retentionMessages, most.roomMessages), days: Math.min(room.retentionDays, most.roomDays) };
  return { roomId, orgId, plan, closedAt, secrets, topics, retention, revocations };
}
