import { sql } from "drizzle-orm";
import { z } from "zod";
import { newTaggedToken } from "../../access/tagged-token.ts";
import { signInLinks } from "../../db/schema/members.ts";
import { currentTime } from "../../platform/clock.ts";
import { PlainFailure } from "../plain-failure.ts";
import { actOnOrganization, build, rawStatement, toStatement, type RunAsAdmin } from "./act.ts";
import { findMember } from "./add-member.ts";

/** How long a link can be used. */
export const linkLifeMs = 10 * 60_000;

type Wish = { readonly email: string; readonly orgId: string | undefined };
type Found = { readonly orgId: string; readonly memberId: string };

/** A one-time link for the member who has the address. Only the hash of its token is kept. */
export async function makeSignInLink(
  run: RunAsAdmin,
  tagKey: CryptoKey,
  wish: Wish,
): Promise<Found & { readonly token: string; readonly expiresAt: Date }> {
  const { orgId, memberId } = await findOne(run, wish);
  const { id, secretHash, token } = await newTaggedToken(tagKey, "signInLink", orgId);
  const createdAt = currentTime();
  const expiresAt = new Date(createdAt.getTime() + linkLifeMs);
  const row = { orgId, id, memberId, tokenHash: secretHash, expiresAt, createdAt };
  await actOnOrganization(
    run,
    orgId,
    { action: "sign_in_link.created", resource: id, change: { memberId, expiresAt: expiresAt.toISOString() } },
    { afterEvent: [toStatement(build.insert(signInLinks).values(row))] },
  );
  return { orgId, memberId, token, expiresAt };
}

const OrganizationIds = z.array(z.tuple([z.string()]));

/** A person may be in several organizations: then the link must say which one it opens. */
async function findOne(run: RunAsAdmin, { email, orgId }: Wish): Promise<Found> {
  const [listed] = orgId === undefined ? await run([rawStatement(sql`select org_id from app.organization_ids()`)]) : [];
  const ids = orgId === undefined ? OrganizationIds.parse(listed?.rows).map(([id]) => id) : [orgId];
  const found: Found[] = [];
  for (const id of ids) {
    const memberId = await findMember(run, id, email);
    if (memberId !== undefined) found.push({ orgId: id, memberId });
  }
  const [one, ...others] = found;
  if (one === undefined)
    throw new PlainFailure(`Nobody has the address ${email}${orgId === undefined ? "" : ` in ${orgId}`}: add them with add-member.`);
  if (others.length > 0)
    throw new PlainFailure(
      `${email} is in several organizations; choose with --organization: ${found.map(({ orgId: id }) => id).join(", ")}.`,
    );
  return one;
}
