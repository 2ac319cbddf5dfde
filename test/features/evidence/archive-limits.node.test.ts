import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { archiveLimits, requireFits } from "../../../src/features/evidence/archive-limits.ts";
import { Problem } from "../../../src/http/problem.ts";

const refusal = (held: typeof archiveLimits, limits?: typeof archiveLimits): Problem | null => {
  try {
    requireFits(held, limits);
    return null;
  } catch (thrown) {
    if (thrown instanceof Problem) return thrown;
    throw thrown;
  }
};

describe("what an archive can hold", () => {
  it("is refused in nothing up to its limits, and in anything beyond one of them", () => {
    const count = fc.nat(20);
    fc.assert(
      fc.property(count, count, count, count, (statements, events, mostStatements, mostEvents) => {
        const refused = refusal({ statements, events }, { statements: mostStatements, events: mostEvents }) !== null;
        expect(refused).toBe(statements > mostStatements || events > mostEvents);
      }),
    );
  });

  it("is said where it is refused, and what is there instead", () => {
    const refused = refusal({ ...archiveLimits, statements: 64_001 });
    expect(refused?.code).toBe("state_conflict");
    const [{ message } = { message: "" }] = refused?.errors ?? [];
    for (const part of ["64,000 signed statements", "5,000,000 events", "/v1/audit-events/export", "tlog-proof", "bundle"])
      expect(message).toContain(part);
  });

  it("fits into a ZIP archive without ZIP64, with a thousand keys and lines of 800 bytes", () => {
    expect(refusal(archiveLimits)).toBeNull();
    expect(archiveLimits.statements + 1_000 + 20).toBeLessThan(65_536);
    expect(archiveLimits.events * 800).toBeLessThan(2 ** 32);
  });
});
