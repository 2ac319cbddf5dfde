import { gateOf } from "../access/admit.ts";
import type { RoomClaims } from "../access/room-token.ts";
import { readRoomToken } from "../access/room-token.ts";
import type { Environment } from "../env.ts";
import { loadRoom, type RoomConfig } from "../features/rooms/index.ts";
import { currentTime } from "../platform/clock.ts";
import type { Endings } from "./endings.ts";
import { passOf, type Pass } from "./member.ts";

/** How long the database's word on the room is taken without asking again; whoever changes it says so, and then it is asked at once. */
const knownForMs = 60_000;
const rememberedWatches = 10_000;

type Known = { readonly config: RoomConfig | undefined; readonly loadedAt: number };
type Watch = { readonly diesAt: number | null; readonly watchedUntil: number; readonly askedAt: number };
export type Admitted =
  | { readonly ok: true; readonly pass: Pass }
  | { readonly ok: false; readonly reason: "token_refused" | "no_such_room" | "room_closed"; readonly blocker: string };

/** Decides whose tokens hold: by the swarm's secrets, by what was revoked here, and by whether key and agent live. */
export class Doorkeeper {
  readonly #endings: Endings;
  readonly #loaded: (config: RoomConfig) => void;
  readonly #watches = new Map<string, Watch>();
  #known: Known | undefined;
  #loading: Promise<Known> | undefined;
  #generation = 0;

  /** `loaded` is told of the room whenever it was read. */
  constructor(endings: Endings, loaded: (config: RoomConfig) => void) {
    this.#endings = endings;
    this.#loaded = loaded;
  }

  /** What was read of the room holds no longer. */
  forget(): void {
    this.#generation += 1;
    this.#known = undefined;
    this.#loading = undefined;
  }

  /** Verifies a token. Throws where something that is needed to decide is out of reach. Whether the room was closed here, the caller knows. */
  async admit(env: Environment, roomId: string, token: string): Promise<Admitted> {
    for (;;) {
      const generation = this.#generation;
      const config = await this.load(env, roomId);
      if (config === undefined) return { ok: false, reason: "no_such_room", blocker: "the room is in no organization" };
      const now = currentTime();
      const secrets = new Map(
        config.secrets.flatMap(({ generation: number, key, verifiesUntil }) =>
          verifiesUntil === null || verifiesUntil > now ? [[number, key] as const] : [],
        ),
      );
      const read = await readRoomToken({ roomId, orgId: config.orgId, origin: env.publicOrigin, secrets, now }, token);
      if (!read.ok) return { ok: false, reason: "token_refused", blocker: `room token: ${read.reason}` };
      const diesAt = await this.#watch(env, roomId, read.claims);
      // What changed while we waited may have changed the answer.
      if (generation !== this.#generation) continue;
      const decided = this.#decide(read.claims, diesAt);
      if (!decided.ok || config.closedAt === null) return decided;
      return { ok: false, reason: "room_closed", blocker: "closed in the database" };
    }
  }

  /** The room as the database has it, read at most once a minute unless it was said to have changed. */
  async load(env: Environment, roomId: string): Promise<RoomConfig | undefined> {
    const known = this.#known;
    if (known !== undefined && known.loadedAt > currentTime().getTime() - knownForMs) return known.config;
    const generation = this.#generation;
    const loading = (this.#loading ??= this.#read(env, roomId));
    try {
      const fresh = await loading;
      if (generation === this.#generation) this.#known = fresh;
      return fresh.config;
    } finally {
      if (this.#loading === loading) this.#loading = undefined;
    }
  }

  async #read(env: Environment, roomId: string): Promise<Known> {
    const generation = this.#generation;
    const loadedAt = currentTime().getTime();
    const config = await loadRoom(env, roomId);
    if (config !== undefined && generation === this.#generation) this.#loaded(config);
    return { config, loadedAt };
  }

  #decide(claims: RoomClaims, diesAt: number | undefined): Admitted {
    const now = currentTime().getTime();
    if (diesAt === undefined || diesAt <= now) return { ok: false, reason: "token_refused", blocker: "its key or agent is dead" };
    const endsAt = this.#endings.endOf(claims, now);
    const pass = passOf(claims, Math.min(diesAt, endsAt));
    if (pass.expiresAt <= now) return { ok: false, reason: "token_refused", blocker: endsAt <= now ? "revoked" : "expired" };
    return { ok: true, pass };
  }

  /** When the token's key dies: Infinity for never, undefined where it or the agent is dead. The gate tells this room when that changes. */
  async #watch(env: Environment, roomId: string, { orgId, keyId, agentId, expiresAt }: RoomClaims): Promise<number | undefined> {
    const name = `${keyId}|${agentId}`;
    const now = currentTime().getTime();
    const known = this.#watches.get(name);
    if (known !== undefined && known.watchedUntil >= expiresAt.getTime() && known.askedAt > now - knownForMs)
      return known.diesAt ?? Infinity;
    const watch = await gateOf(env, orgId).watch({ orgId, roomId, keyId, agentId });
    if (!watch.ok) return undefined;
    if (this.#watches.size >= rememberedWatches) this.#watches.clear();
    this.#watches.set(name, { diesAt: watch.diesAt, watchedUntil: watch.watchedUntil, askedAt: now });
    return watch.diesAt ?? Infinity;
  }
}
