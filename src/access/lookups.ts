import type { Plan } from "./plans.ts";

/** How long the database's word is taken without asking again; revocations do not wait for it. */
const knownForMs = 60_000;

export type Organization = { readonly plan: Plan; readonly wrappedDataKey: string; readonly environment: "live" | "test" };
/** A row, and with it the organization that it is of. */
export type Found<T> = { readonly organization: Organization | undefined; readonly record: T | undefined };

/** What the gate last read of its organization: each look-up brings it along. */
export type KnownOrganization = { organization: Organization | undefined };

type Known<T> = { readonly record: T | undefined; readonly loadedAt: number };

/** Rows of one kind that the gate has read, for a minute. */
export class Lookups<T> {
  readonly #of: KnownOrganization;
  readonly #clock: () => number;
  readonly #find: (orgId: string, id: string) => Promise<Found<T>>;
  readonly #known = new Map<string, Known<T>>();
  readonly #loading = new Map<string, Promise<T | undefined>>();
  #generation = 0;

  constructor(of: KnownOrganization, clock: () => number, find: (orgId: string, id: string) => Promise<Found<T>>) {
    this.#of = of;
    this.#clock = clock;
    this.#find = find;
  }

  async get(orgId: string, id: string): Promise<T | undefined> {
    const known = this.#known.get(id);
    const fresh = known !== undefined && this.#of.organization !== undefined && known.loadedAt > this.#clock() - knownForMs;
    return fresh ? known.record : this.#loadOnce(orgId, id);
  }

  /** What is being read now is not kept either. */
  forget(): void {
    this.#generation += 1;
    this.#loading.clear();
    this.#known.clear();
  }

  /** Requests that wait for the same row wait for one look-up. */
  async #loadOnce(orgId: string, id: string): Promise<T | undefined> {
    const loading = this.#loading.get(id) ?? this.#load(orgId, id);
    this.#loading.set(id, loading);
    try {
      return await loading;
    } finally {
      if (this.#loading.get(id) === loading) this.#loading.delete(id);
    }
  }

  async #load(orgId: string, id: string): Promise<T | undefined> {
    const generation = this.#generation;
    const found = await this.#find(orgId, id);
    if (generation === this.#generation) {
      this.#of.organization = found.organization;
      this.#known.set(id, { record: found.record, loadedAt: this.#clock() });
    } else {
      this.#of.organization ??= found.organization;
    }
    return found.record;
  }
}
