import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { roles, type Role } from "../../../src/access/roles.ts";
import { commitTo } from "../../../src/crypto/commitment.ts";
import {
  judgeErasure,
  judgeInvite,
  judgeRemoval,
  judgeRoleChange,
  newProfile,
  profileCommitment,
  toMember,
  newMember,
  type Target,
} from "../../../src/features/members/member.ts";

const role = fc.constantFrom(...roles);
const target = fc.record({
  id: fc.constantFrom("mbr_a", "mbr_b"),
  role,
  status: fc.constantFrom("invited" as const, "active" as const, "removed" as const),
});
const acting = fc.record({ memberId: fc.constantFrom("mbr_a", "mbr_b"), role });
const others = fc.integer({ min: 0, max: 3 });
const owner = { memberId: "mbr_a", role: "owner" } as const;
const active = (id: string, held: Role): Target => ({ id, role: held, status: "active" });

describe("who may change whom", () => {
  it("lets owners alone make, change and remove owners", () => {
    fc.assert(
      fc.property(acting, target, role, others, (who, whom, to, left) => {
        fc.pre(who.role !== "owner");
        if (to === "owner") expect(judgeInvite(who, to).ok).toBe(false);
        if (to === "owner" || whom.role === "owner") expect(judgeRoleChange(who, whom, to, left).ok).toBe(false);
        if (whom.role === "owner") expect(judgeRemoval(who, whom, left).ok).toBe(false);
        expect(judgeErasure(who, whom).ok).toBe(false);
      }),
    );
  });

  it("lets nobody change their own role, or anything of who was removed", () => {
    fc.assert(
      fc.property(acting, target, role, others, (who, whom, to, left) => {
        if (who.memberId === whom.id || whom.status === "removed") expect(judgeRoleChange(who, whom, to, left).ok).toBe(false);
        if (whom.status === "removed") expect(judgeRemoval(who, whom, left).ok).toBe(false);
      }),
    );
  });

  it("keeps the last active owner, whoever asks", () => {
    fc.assert(
      fc.property(acting, target, role, (who, whom, to) => {
        fc.pre(whom.role === "owner" && whom.status === "active");
        expect(judgeRoleChange(who, whom, to, 0).ok).toBe(false);
        expect(judgeRemoval(who, whom, 0).ok).toBe(false);
      }),
    );
  });

  it("says which rule refused", () => {
    expect(judgeRoleChange(owner, active("mbr_b", "owner"), "viewer", 1)).toEqual({ ok: true });
    expect(judgeRoleChange(owner, active("mbr_b", "owner"), "viewer", 0)).toEqual({ ok: false, reason: "last_owner" });
    expect(judgeRoleChange(owner, active("mbr_a", "owner"), "viewer", 1)).toEqual({ ok: false, reason: "own_role" });
    expect(judgeRoleChange(owner, active("mbr_b", "viewer"), "viewer", 1)).toEqual({ ok: false, reason: "same_role" });
    expect(judgeRemoval({ memberId: "mbr_c", role: "admin" }, active("mbr_b", "admin"), 0)).toEqual({ ok: true });
    expect(judgeRemoval(owner, active("mbr_a", "owner"), 1)).toEqual({ ok: true });
    expect(judgeRemoval(owner, { ...active("mbr_b", "owner"), status: "invited" }, 0)).toEqual({ ok: true });
    expect(judgeErasure(owner, active("mbr_b", "viewer"))).toEqual({ ok: false, reason: "not_removed" });
    expect(judgeErasure(owner, { ...active("mbr_b", "viewer"), status: "removed" })).toEqual({ ok: true });
  });
});

describe("what names a member", () => {
  const named = { email: "ada@example.com", name: "Ada" };

  it("is committed to with a salt of its own: the same person twice is not the same text twice", async () => {
    const [one, other] = [newProfile("mbr_a", named, new Date()), newProfile("mbr_a", named, new Date())];
    expect(await profileCommitment(one)).toBe(await commitTo(one.salt, named));
    expect(await profileCommitment(one)).not.toBe(await profileCommitment(other));
    expect(one.salt).toMatch(/^[0-9a-f]{64}$/);
  });

  it("is shown as nothing once it was erased", () => {
    const member = newMember({ role: "viewer", externalId: null }, new Date());
    expect(toMember(member, named)).toMatchObject(named);
    expect(toMember(member, null)).toMatchObject({ email: null, name: null });
  });
});
