import type { JsonValue } from "../../crypto/canonical-json.ts";
import { jsonDigest, type Digest } from "../../crypto/digest.ts";
import type { pacts, PactState } from "../../db/schema/pacts.ts";
import type { PactChanges, PactView } from "./schemas.ts";

export type PactRow = typeof pacts.$inferSelect;
export type NewPactRow = Omit<PactRow, "orgId">;

/** What may follow each state. A frozen pact never changes again, and what has ended stays ended. */
export const successors = {
  draft: ["active", "retired"],
  active: ["superseded", "retired"],
  superseded: [],
  retired: [],
} as const satisfies Record<PactState, readonly PactState[]>;

export type TransitionRefusal = { readonly ok: false; readonly reason: "wrong_state"; readonly state: PactState };
export type Activation = {
  readonly ok: true;
  readonly activated: Pick<PactRow, "id" | "revision" | "state" | "activatedAt" | "updatedAt">;
  /** The version of the lineage that was active until now, if there was one. */
  readonly superseded: Pick<PactRow, "id" | "revision" | "state" | "updatedAt"> | undefined;
};

const may = (from: PactState, to: PactState): boolean => successors[from].some((state) => state === to);
const refuse = (state: PactState): TransitionRefusal => ({ ok: false, reason: "wrong_state", state });

/** Freezes a draft and, in the same move, supersedes the version of its lineage that was active. */
export function activate(pact: PactRow, active: PactRow | undefined, now: Date): Activation | TransitionRefusal {
  if (!may(pact.state, "active")) return refuse(pact.state);
  const { id, revision } = pact;
  return {
    ok: true,
    activated: { id, revision, state: "active", activatedAt: now, updatedAt: now },
    superseded: active && { id: active.id, revision: active.revision, state: "superseded", updatedAt: now },
  };
}

/** Ends a pact: an active one binds no longer, a draft is given up. */
export function retire(
  pact: PactRow,
  now: Date,
): { readonly ok: true; readonly retired: Pick<PactRow, "id" | "revision" | "state" | "updatedAt"> } | TransitionRefusal {
  if (!may(pact.state, "retired")) return refuse(pact.state);
  return { ok: true, retired: { id: pact.id, revision: pact.revision, state: "retired", updatedAt: now } };
}

/** All that a pact promises, and of whom: what its digest is of, and what another organization co-signs. */
export type PactTerms = Pick<PactRow, "agentId" | "lineageId" | "version" | "name" | "description" | "conditions">;

export const termsOf = ({ agentId, lineageId, version, name, description, conditions }: PactTerms): PactTerms => ({
  agentId,
  lineageId,
  version,
  name,
  description,
  conditions,
});

/** Of everything that a pact promises and of whom: fixed when it is activated. */
export function digestPact(pact: PactRow): Promise<Digest> {
  const content: JsonValue = { ...termsOf(pact) };
  return jsonDigest(content);
}

/** A pact as it begins: a draft that binds nobody yet. */
export const newDraft = (
  fields: Pick<NewPactRow, "id" | "lineageId" | "version" | "agentId" | "name" | "description" | "conditions">,
  now: Date,
): NewPactRow => ({ ...fields, state: "draft", digest: null, activatedAt: null, revision: 1, createdAt: now, updatedAt: now });

/** What a pact promises, with changes: what is left out stays, and a description of null goes. */
export const withChanges = (
  { name, description, conditions }: Pick<NewPactRow, "name" | "description" | "conditions">,
  changes: PactChanges,
): Pick<NewPactRow, "name" | "description" | "conditions"> => ({
  name: changes.name ?? name,
  description: changes.description === undefined ? description : changes.description,
  conditions: changes.conditions ?? conditions,
});

/** A pact as its organization sees it; times in ISO 8601, UTC. */
export function toPact(row: NewPactRow): PactView {
  const { id, lineageId, version, agentId, name, description, conditions, state, digest } = row;
  return {
    id,
    lineageId,
    version,
    agentId,
    name,
    description,
    conditions: [...conditions],
    state,
    digest,
    activatedAt: row.activatedAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}
