import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { activate, digestPact, newDraft, retire, successors, withChanges, type PactRow } from "../../../src/features/pacts/pact.ts";

const start = new Date("2026-05-01T00:00:00Z");
const draft = (version: number): PactRow => ({
  orgId: "org_1",
  id: `pct_${version}`,
  lineageId: "pct_1",
  version,
  agentId: "agt_1",
  name: "Promise",
  description: null,
  conditions: [{ id: "c", type: "latency_ms", operator: "lt", value: version, severity: "major", verificationMethod: "deterministic" }],
  state: "draft",
  digest: null,
  activatedAt: null,
  revision: 1,
  createdAt: start,
  updatedAt: start,
});
const content = ({ agentId, lineageId, version, name, description, conditions, activatedAt }: PactRow) =>
  JSON.stringify([agentId, lineageId, version, name, description, conditions, activatedAt]);

type Move = { readonly kind: "draft" | "activate" | "retire"; readonly pick: number };
const moves = fc.array(fc.record({ kind: fc.constantFrom("draft", "activate", "retire"), pick: fc.nat({ max: 20 }) }), { maxLength: 30 });

/** One lineage, moved by the pure rules as the verbs apply them. */
function play(steps: readonly Move[], watch: (before: readonly PactRow[], after: readonly PactRow[]) => void): readonly PactRow[] {
  let rows: readonly PactRow[] = [draft(1)];
  for (const [i, { kind, pick }] of steps.entries()) {
    const now = new Date(start.getTime() + (i + 1) * 1_000);
    const chosen = rows[pick % rows.length];
    if (chosen === undefined) return rows;
    const before = rows;
    if (kind === "draft") rows = [...rows, draft(rows.length + 1)];
    else {
      const active = rows.find(({ state }) => state === "active");
      const outcome = kind === "activate" ? activate(chosen, active, now) : retire(chosen, now);
      if (!outcome.ok) continue;
      const changes = "retired" in outcome ? [outcome.retired] : [outcome.superseded, outcome.activated];
      rows = rows.map((row) => ({ ...row, ...changes.find((change) => change?.id === row.id) }));
    }
    watch(before, rows);
  }
  return rows;
}

describe("a pact's states", () => {
  it("leave at most one version of a lineage active", () => {
    fc.assert(
      fc.property(moves, (steps) => {
        play(steps, (_, after) => expect(after.filter(({ state }) => state === "active").length).toBeLessThanOrEqual(1));
      }),
    );
  });

  it("follow each other as the list says, and what has ended stays ended", () => {
    fc.assert(
      fc.property(moves, (steps) => {
        play(steps, (before, after) => {
          for (const [i, { state }] of before.entries()) {
            const next = after[i]?.state;
            if (next !== undefined && next !== state) expect(successors[state]).toContain(next);
          }
        });
      }),
    );
    expect(successors.superseded).toEqual([]);
    expect(successors.retired).toEqual([]);
  });

  it("freeze what was activated: nothing that it promises changes again", () => {
    fc.assert(
      fc.property(moves, (steps) => {
        const frozen = new Map<string, string>();
        play(steps, (_, after) => {
          for (const row of after) {
            if (row.activatedAt === null) continue;
            expect(content(row)).toBe(frozen.get(row.id) ?? content(row));
            frozen.set(row.id, content(row));
          }
        });
      }),
    );
  });

  it("name the revision that they were decided on, so that a change in between is noticed", () => {
    const [old, next] = [{ ...draft(1), state: "active", revision: 4 } as const, { ...draft(2), revision: 7 }];
    expect(activate(next, old, start)).toMatchObject({
      ok: true,
      activated: { id: "pct_2", revision: 7 },
      superseded: { id: "pct_1", revision: 4 },
    });
    expect(activate(old, undefined, start)).toEqual({ ok: false, reason: "wrong_state", state: "active" });
    expect(retire({ ...draft(1), state: "superseded" }, start)).toEqual({ ok: false, reason: "wrong_state", state: "superseded" });
  });
});

describe("changes of a pact", () => {
  it("replace what they name and leave the rest, and null takes a description away", () => {
    const { name, description, conditions } = { ...draft(1), description: "Words." };
    const pact = { name, description, conditions };
    const others = fc.constant(draft(7)).map(({ conditions }) => [...conditions]);
    const given = fc.record({ name: fc.string(), description: fc.option(fc.string()), conditions: others }, { requiredKeys: [] });
    fc.assert(
      fc.property(given, (changes) => {
        expect(withChanges(pact, changes)).toEqual({ ...pact, ...changes });
      }),
    );
  });

  it("are nothing to a new draft: it begins at its first revision, with no digest and no date of activation", () => {
    const { id, lineageId, version, agentId, name, description, conditions } = draft(3);
    const row = newDraft({ id, lineageId, version, agentId, name, description, conditions }, start);
    expect({ ...row, orgId: "org_1" }).toEqual(draft(3));
  });
});

describe("a pact's digest", () => {
  it("covers everything that it promises and of whom, and nothing else", async () => {
    const pact = draft(1);
    const digest = await digestPact(pact);
    expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(await digestPact({ ...pact, state: "retired", revision: 9, updatedAt: new Date(), createdAt: new Date(), orgId: "org_2" })).toBe(
      digest,
    );
    const [condition] = pact.conditions;
    if (condition === undefined) throw new Error("no condition");
    const others = [
      { agentId: "agt_2" },
      { lineageId: "pct_0" },
      { version: 2 },
      { name: "Other" },
      { description: "" },
      { conditions: [] },
      { conditions: [{ ...condition, severity: "minor" as const }] },
    ];
    for (const change of others) expect(await digestPact({ ...pact, ...change })).not.toBe(digest);
  });
});
