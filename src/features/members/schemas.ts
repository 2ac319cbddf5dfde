import { z } from "@hono/zod-openapi";
import { roles } from "../../access/roles.ts";
import { pageOf, pageQuery } from "../../http/pagination.ts";
import { idPattern } from "../../platform/ids.ts";

export const MemberParams = z.object({ memberId: z.string().regex(idPattern("member")) });

const statuses = ["invited", "active", "removed"] as const;
export const ListMembersQuery = z.object({ ...pageQuery, status: z.enum(statuses).optional() });
export type MemberQuery = z.output<typeof ListMembersQuery>;

const RoleName = z.enum(roles).openapi({
  description: "`viewer` reads; `operator` also works; `admin` also lets people and keys in and pays; `owner` also makes owners.",
});

export const Email = z.string().trim().toLowerCase().max(254).pipe(z.email());
export const PersonName = z.string().trim().min(1).max(200);

export const InviteMemberBody = z
  .strictObject({ email: Email, name: PersonName.nullable().default(null), role: RoleName })
  .openapi("InviteMember");
export type Invitation = z.output<typeof InviteMemberBody>;

export const ChangeRoleBody = z.strictObject({ role: RoleName }).openapi("ChangeRole");

const Time = z.iso.datetime();
export const Member = z
  .object({
    id: z.string(),
    role: RoleName,
    status: z.enum(statuses),
    email: z.string().nullable().openapi({ description: "Null once the personal data was erased." }),
    name: z.string().nullable(),
    joinedAt: Time.nullable().openapi({ description: "When they first signed in; null before." }),
    removedAt: Time.nullable(),
    createdAt: Time,
  })
  .openapi("Member");
export type MemberView = z.input<typeof Member>;

export const MemberPage = pageOf(Member).openapi("MemberPage");
