import type { Consequence, Query, ScopedDb } from "./tenant-db.ts";

/** A part of a write that somebody else makes: its statements, and the events of what they bring about. */
export type WritePart = {
  readonly build: (db: ScopedDb) => readonly Query[];
  readonly consequences: readonly Consequence[];
};

/** Several parts as one, in their order; of none, one that adds nothing. */
export const joinParts = (...parts: readonly WritePart[]): WritePart => ({
  build: (db) => parts.flatMap(({ build }) => build(db)),
  consequences: parts.flatMap(({ consequences }) => consequences),
});
