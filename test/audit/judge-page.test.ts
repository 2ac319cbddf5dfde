import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { judgePage, type LogPage, type LogState } from "../../src/audit/judge-page.ts";
import { leafHash, type LeafEvent } from "../../src/audit/leaf.ts";
import { rootOfLeaves } from "../../src/audit/transparency/merkle.ts";
import type { Hash } from "../../src/audit/transparency/tree-hash.ts";

const eventAt = (seq: number): LeafEvent => ({
  orgId: "org_1",
  seq,
  id: `aud_${seq}`,
  at: new Date(seq * 1000),
  actor: "key:k",
  action: "key.created",
  resource: `key_${seq}`,
  change: "sha256:00",
  commitment: null,
  requestId: `req_${seq}`,
});
const events = (from: number, to: number): LeafEvent[] => Array.from({ length: Math.max(0, to - from + 1) }, (_, at) => eventAt(from + at));
const leaves: Hash[] = events(1, 60).map(leafHash);
const rootAt = (size: number): Hash => rootOfLeaves(leaves.slice(0, size));
const state = (size: number, recheck: readonly number[] = events(1, size).map(({ seq }) => seq)): LogState => ({
  size,
  recheck,
  leafAt: (index) => leaves[index] ?? new Uint8Array(32),
  rootAt,
});
const page = (size: number, head: number): LogPage => ({
  head,
  fresh: events(size + 1, head),
  again: events(1, size),
  published: size === 0 ? undefined : { size, root: rootAt(size) },
});
const sizes = fc.tuple(fc.nat({ max: 30 }), fc.nat({ max: 30 })).map(([size, more]) => ({ size, head: size + more }));

describe("a page of events", () => {
  it("is taken where it goes on from the log's end and agrees with it", () => {
    fc.assert(
      fc.property(sizes, ({ size, head }) => {
        expect(judgePage(page(size, head), state(size))).toEqual({ ok: true, leaves: leaves.slice(size, head) });
      }),
    );
  });

  it("stops the log at the first event that lacks, whichever it is", () => {
    fc.assert(
      fc.property(sizes, fc.nat(), ({ size, head }, any) => {
        fc.pre(head > size);
        const gone = size + 1 + (any % (head - size));
        const given = page(size, head);
        const verdict = judgePage({ ...given, fresh: given.fresh.filter(({ seq }) => seq !== gone) }, state(size));
        const cut = { ok: true, leaves: leaves.slice(size, head - 1) };
        // A last event may lack because the page is full; the next page then begins with it, or with nothing.
        expect(verdict).toEqual(gone === head && head > size + 1 ? cut : { ok: false, reason: "gap", seq: gone });
      }),
    );
  });

  it("stops the log where a logged event is another one, or is gone", () => {
    fc.assert(
      fc.property(sizes, fc.nat(), fc.boolean(), ({ size, head }, any, isGone) => {
        fc.pre(size > 0);
        const spoilt = 1 + (any % size);
        const given = page(size, head);
        const again = isGone
          ? given.again.filter(({ seq }) => seq !== spoilt)
          : given.again.map((event) => (event.seq === spoilt ? { ...event, actor: "key:other" } : event));
        expect(judgePage({ ...given, again }, state(size))).toEqual({
          ok: false,
          reason: isGone ? "leaf_missing" : "leaf_changed",
          seq: spoilt,
        });
      }),
    );
  });

  it("stops the log where fewer events were numbered than it has, or than it has published", () => {
    expect(judgePage({ ...page(5, 5), head: 4 }, state(5))).toEqual({ ok: false, reason: "head_behind", seq: 5 });
    expect(judgePage({ ...page(5, 5), head: 4, published: undefined }, state(5))).toEqual({ ok: false, reason: "head_behind", seq: 5 });
    expect(judgePage({ ...page(5, 6), published: { size: 7, root: rootAt(7) } }, state(5))).toEqual({
      ok: false,
      reason: "head_behind",
      seq: 7,
    });
  });

  it("stops the log where it holds an event that was never numbered", () => {
    expect(judgePage({ ...page(5, 7), head: 6 }, state(5))).toEqual({ ok: false, reason: "unnumbered", seq: 7 });
  });

  it("stops the log where its tree is not the one it has signed", () => {
    expect(judgePage({ ...page(5, 7), published: { size: 4, root: rootAt(5) } }, state(5))).toEqual({ ok: false, reason: "fork", seq: 4 });
    expect(judgePage({ ...page(5, 7), published: { size: 4, root: rootAt(4) } }, state(5))).toMatchObject({ ok: true });
  });

  it("brings a log that lost its tree back to what it had signed, and no further at first", () => {
    expect(judgePage({ ...page(0, 9), published: { size: 6, root: rootAt(6) } }, state(0))).toEqual({
      ok: true,
      leaves: leaves.slice(0, 6),
    });
  });
});
