import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { signHistory } from "../../src/crypto/statement/key-history.ts";
import type { Leaf } from "../../src/crypto/statement/bundle.ts";
import { checkEvents } from "../../src/verifier/check-events.ts";
import { trustKeys, type Pins, type TrustedKeys } from "../../src/verifier/trust.ts";
import { exitCodeOf } from "../../src/verifier/verdicts.ts";
import { change, day, hashOf, logEvent, newIssuer, origin, signedCheckpoint, type TestIssuer } from "./issuer.ts";

const size = 20;
let issuer: TestIssuer;
let pins: Pins;
let trusted: TrustedKeys;
let checkpoint: string;

beforeAll(async () => {
  issuer = await newIssuer();
  for (let count = 0; count < size; count += 1) await logEvent(issuer);
  pins = { fingerprints: [issuer.root.kid], witnesses: [], now: day(40), maxListAgeSeconds: 86_400 };
  ({ trusted } = await trustKeys(await signHistory(issuer.root, issuer.history), pins));
  checkpoint = await signedCheckpoint(issuer);
});

async function judge(events: readonly Leaf[], withLeaves: boolean, note = checkpoint): Promise<string[]> {
  const leaves = withLeaves ? issuer.leaves.map(hashOf) : null;
  const findings = await checkEvents({ events, checkpoint: note, leaves }, trusted, pins);
  return findings.map(({ verdict }) => verdict);
}

/** One honest edit of the list, and what it must be called. */
const damages: readonly [string, (events: Leaf[]) => Leaf[], string][] = [
  ["a changed event", (events) => events.with(7, { ...(events[7] ?? expect.fail()), actor: "key:key_2" }), "changed"],
  ["an event left out", (events) => events.toSpliced(7, 1), "missing"],
  ["the first event left out", (events) => events.slice(1), "missing"],
  ["the last event left out", (events) => events.slice(0, -1), "truncated"],
  ["everything left out", () => [], "truncated"],
  ["two events swapped", (events) => events.with(3, events[4] ?? expect.fail()).with(4, events[3] ?? expect.fail()), "reordered"],
  ["an event shown twice", (events) => events.toSpliced(5, 0, events[4] ?? expect.fail()), "repeated"],
  ["an event added behind the checkpoint", (events) => [...events, { ...(events[0] ?? expect.fail()), seq: size + 1 }], "unlogged"],
];

describe("an audit export", () => {
  it.each([true, false])("is complete where it is the log, whole and in order (leaf hashes: %s)", async (withLeaves) => {
    expect(await judge(issuer.leaves, withLeaves)).toEqual(["checkpoint_valid", "complete"]);
  });

  it.each(damages)("with %s is told so, with and without the leaf hashes", async (_, damage, verdict) => {
    expect(await judge(damage([...issuer.leaves]), true)).toEqual(["checkpoint_valid", verdict]);
    expect(await judge(damage([...issuer.leaves]), false)).toEqual(["checkpoint_valid", verdict]);
  });

  it("is never complete, whatever is done to its list", async () => {
    const edit = fc.oneof(
      fc.record({ drop: fc.nat({ max: size - 1 }) }),
      fc.record({ swap: fc.tuple(fc.nat({ max: size - 1 }), fc.nat({ max: size - 1 })) }),
      fc.record({ change: fc.nat({ max: size - 1 }), field: fc.constantFrom("actor", "action", "resource", "change", "requestId") }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), fc.boolean(), async (edits, withLeaves) => {
        const events = [...issuer.leaves];
        for (const one of edits) {
          if ("drop" in one) events.splice(Math.min(one.drop, events.length - 1), 1);
          else if ("swap" in one) {
            const [a, b] = one.swap;
            const [first, second] = [events[a], events[b]];
            if (first && second) [events[a], events[b]] = [second, first];
          } else {
            const old = events[one.change];
            if (old) events[one.change] = { ...old, [one.field]: `${old[one.field as "actor"]}x` };
          }
        }
        const same = events.length === size && events.every((event, at) => event === issuer.leaves[at]);
        expect((await judge(events, withLeaves)).includes("complete")).toBe(same);
      }),
      { numRuns: 60 },
    );
  });

  it("of another organization, or under another log's checkpoint, is told so", async () => {
    const foreign = issuer.leaves.map((leaf) => ({ ...leaf, orgId: "org_2222222222222222222222" }));
    expect(await judge(foreign, true)).toEqual(["checkpoint_of_other_log"]);
    const [one] = foreign;
    if (one === undefined) return expect.fail("no event");
    expect(await judge(issuer.leaves.with(0, one), true)).toEqual(["checkpoint_valid", "event_of_another"]);
    const other = await signedCheckpoint(issuer, { origin: "elsewhere.test/log/org_1" });
    expect(await judge(issuer.leaves, true, other)).toEqual(["checkpoint_of_other_log"]);
    const badly = await signedCheckpoint(issuer, { by: issuer.statement });
    expect(await judge(issuer.leaves, true, badly)).toEqual(["checkpoint_badly_signed"]);
    expect(await judge(issuer.leaves, true, "nothing")).toEqual(["checkpoint_badly_signed"]);
  });

  it("names the changed event even where the leaf hashes were changed with it", async () => {
    const leaves = issuer.leaves.map(hashOf);
    const events = issuer.leaves.with(7, { ...(issuer.leaves[7] ?? expect.fail()), actor: "key:key_2" });
    const changed = events.map(hashOf);
    const findings = await checkEvents({ events, checkpoint, leaves: changed }, trusted, pins);
    expect(findings.map(({ verdict }) => verdict)).toEqual(["checkpoint_valid", "changed"]);
    const named = await checkEvents({ events, checkpoint, leaves }, trusted, pins);
    expect(named[1]).toMatchObject({ verdict: "changed", detail: "event 8" });
  });

  it("that was cut off is told so even where the leaf hashes were cut off with it", async () => {
    const short = issuer.leaves.slice(0, -1);
    const findings = await checkEvents({ events: short, checkpoint, leaves: short.map(hashOf) }, trusted, pins);
    expect(findings.map(({ verdict }) => verdict)).toEqual(["checkpoint_valid", "changed", "truncated"]);
    const swapped = short.toReversed();
    const other = await checkEvents({ events: issuer.leaves, checkpoint, leaves: swapped.map(hashOf) }, trusted, pins);
    expect(other.map(({ verdict }) => verdict)).toEqual(["checkpoint_valid", "changed", "complete"]);
  });

  it("under a checkpoint by a revoked key is not believed", async () => {
    const other = await newIssuer();
    await logEvent(other);
    change(other, { kind: "revoke", kid: other.checkpoint.kid, reason: "key_compromise", since: day(5) }, day(6));
    const keys = await trustKeys(await signHistory(other.root, other.history), { ...pins, fingerprints: [other.root.kid] });
    const note = await signedCheckpoint(other);
    const findings = await checkEvents({ events: other.leaves, checkpoint: note, leaves: null }, keys.trusted, pins);
    expect(findings.map(({ verdict }) => verdict)).toEqual(["checkpoint_key_revoked"]);
    expect(exitCodeOf(findings, [])).toBe(24);
    expect(note.startsWith(origin)).toBe(true);
  });
});
