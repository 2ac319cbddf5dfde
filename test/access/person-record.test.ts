import { describe, expect, it } from "vitest";
import { sessionIdleMs, sessionLifeMs } from "../../src/access/local-session.ts";
import { decideSession } from "../../src/access/person-record.ts";

const startedAt = 1_800_000_000_000;
const session = { sessionId: "ses_1", memberId: "mbr_1", secretHash: "ab".repeat(32), startedAt, seenAt: startedAt };

describe("a session that began here", () => {
  it("is dead from the very millisecond on at which it was unused for an hour", () => {
    expect(sessionIdleMs).toBe(3_600_000);
    expect(decideSession(session, session.secretHash, startedAt + sessionIdleMs - 1).ok).toBe(true);
    expect(decideSession(session, session.secretHash, startedAt + sessionIdleMs).ok).toBe(false);
  });

  it("is dead from the very millisecond on at which it is twelve hours old, however lately it was used", () => {
    expect(sessionLifeMs).toBe(43_200_000);
    const used = (now: number) => decideSession({ ...session, seenAt: now - 1 }, session.secretHash, now).ok;
    expect([used(startedAt + sessionLifeMs - 1), used(startedAt + sessionLifeMs)]).toEqual([true, false]);
  });
});
