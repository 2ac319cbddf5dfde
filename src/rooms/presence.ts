export type PresenceChange = { readonly joined: readonly string[]; readonly left: readonly string[] };

/** Who is here, each agent once however many sockets it has, and what has changed since the last time that was told. */
export class Presence {
  readonly #sockets = new Map<string, number>();
  /** Who was here when it was last told, for those who came or went since. */
  readonly #before = new Map<string, boolean>();

  join(agentId: string): void {
    const sockets = this.#sockets.get(agentId) ?? 0;
    this.#sockets.set(agentId, sockets + 1);
    if (sockets === 0 && !this.#before.has(agentId)) this.#before.set(agentId, false);
  }

  leave(agentId: string): void {
    const sockets = this.#sockets.get(agentId) ?? 0;
    if (sockets > 1) {
      this.#sockets.set(agentId, sockets - 1);
      return;
    }
    if (this.#sockets.delete(agentId) && !this.#before.has(agentId)) this.#before.set(agentId, true);
  }

  socketsOf(agentId: string): number {
    return this.#sockets.get(agentId) ?? 0;
  }

  agents(): string[] {
    return [...this.#sockets.keys()].toSorted();
  }

  /** The net change since the last call; undefined where there is none. Whoever came and went between is not in it. */
  takeChange(): PresenceChange | undefined {
    const changed = [...this.#before].filter(([agentId, before]) => this.#sockets.has(agentId) !== before);
    this.#before.clear();
    if (changed.length === 0) return undefined;
    const named = (before: boolean) => changed.flatMap(([agentId, was]) => (was === before ? [agentId] : [])).toSorted();
    return { joined: named(false), left: named(true) };
  }
}
