import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isOpen, mayFollow, standingOf, statusAt } from "../../../src/features/approvals/approval.ts";
import { approvalStatuses } from "../../../src/grants/approval.ts";

const statuses = fc.constantFrom(...approvalStatuses);
const times = fc.integer({ min: 0, max: 10_000 }).map((ms) => new Date(ms));
const digests = fc.constantFrom("sha256:one", "sha256:other");
const rows = fc.record({ status: statuses, expiresAt: times, actionDigest: digests });

describe("the states of an approval", () => {
  it("go forward alone, to an end, and are used only after a person approved", () => {
    // What may follow in any number of steps.
    const later = (from: (typeof approvalStatuses)[number]): Set<string> => {
      const reached = new Set<string>();
      const look = (status: (typeof approvalStatuses)[number]): void => {
        for (const next of approvalStatuses.filter((to) => mayFollow(status, to) && !reached.has(to))) {
          reached.add(next);
          look(next);
        }
      };
      look(from);
      return reached;
    };
    for (const status of approvalStatuses) {
      expect(later(status), "no way back").not.toContain(status);
      expect(isOpen(status)).toBe(later(status).size > 0);
    }
    const intoUse = approvalStatuses.filter((from) => mayFollow(from, "consumed"));
    expect(intoUse).toEqual(["approved"]);
    expect(approvalStatuses.filter((from) => mayFollow(from, "approved") || mayFollow(from, "denied"))).toEqual(["pending"]);
    expect([...later("proposed")].toSorted()).toEqual(approvalStatuses.filter((status) => status !== "proposed").toSorted());
  });

  it("are judged by the time: what is open and over is expired, which is no denial; what was decided against stays what it was", () => {
    fc.assert(
      fc.property(rows, times, (row, now) => {
        const status = statusAt(row, now);
        if (row.expiresAt > now) expect(status).toBe(row.status);
        else expect(status).toBe(isOpen(row.status) ? "expired" : row.status);
        expect(status === "denied").toBe(row.status === "denied");
      }),
    );
  });
});

describe("what an approval is worth", () => {
  it("is something only where a person approved exactly this, and its time is not over", () => {
    fc.assert(
      fc.property(rows, digests, times, (row, actionDigest, now) => {
        const fits = row.status === "approved" && row.actionDigest === actionDigest && now < row.expiresAt;
        expect(standingOf(row, { actionDigest, now }) === "usable").toBe(fits);
      }),
    );
  });

  it("is nothing to another action, and says so apart from being too late", () => {
    const row = { status: "approved", expiresAt: new Date(1_000), actionDigest: "sha256:one" } as const;
    const at = (ms: number, actionDigest = "sha256:one") => ({ actionDigest, now: new Date(ms) });
    expect(standingOf(row, at(1_000))).toBe("expired");
    expect(standingOf(row, at(999, "sha256:other"))).toBe("mismatched");
    expect(standingOf({ ...row, status: "pending" }, at(999))).toBe("waiting");
    expect(standingOf({ ...row, status: "denied" }, at(999))).toBe("over");
    expect(standingOf({ ...row, status: "consumed" }, at(999))).toBe("over");
  });
});
