/** The object's one alarm, set for the earliest of all that it is wanted for. */
export class AlarmClock {
  readonly #storage: DurableObjectStorage;
  #setFor = Infinity;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** Before anything else is asked of it. */
  async read(): Promise<void> {
    this.#setFor = (await this.#storage.getAlarm()) ?? Infinity;
  }

  /** Sets it in the same turn, so that it is as durable as what it is for. */
  wakeBy(at: number): Promise<void> | undefined {
    if (at >= this.#setFor) return undefined;
    this.#setFor = at;
    return this.#storage.setAlarm(at);
  }

  rang(): void {
    this.#setFor = Infinity;
  }
}
