import type { Outbox, OutboxEntry } from "../audit/outbox.ts";
import type { Environment } from "../env.ts";
import type { Allowances } from "./allowances.ts";
import type { Assembly } from "./assembly.ts";
import type { Doorkeeper } from "./doorkeeper.ts";
import type { Endings } from "./endings.ts";
import type { MessageStore } from "./message-store.ts";
import type { Presence } from "./presence.ts";
import type { RoomSettings, Topics } from "./room-settings.ts";
import type { Visits } from "./visits.ts";

/** What a room is made of. */
export type Hall = {
  readonly storage: DurableObjectStorage;
  readonly messages: MessageStore;
  readonly outbox: Outbox;
  readonly endings: Endings;
  readonly visits: Visits;
  readonly presence: Presence;
  readonly allowances: Allowances;
  readonly assembly: Assembly;
  readonly doorkeeper: Doorkeeper;
  /** Sees to it that the alarm rings at this time (ms) or before. */
  readonly wakeBy: (at: number) => void;
  /** Puts an event into the outbox, and sees to it that it is written soon. */
  readonly record: (entry: OutboxEntry) => void;
};

/** The same with what was read of the room. */
export type OpenHall = Hall & { readonly env: Environment; readonly settings: RoomSettings; readonly topics: Topics };
