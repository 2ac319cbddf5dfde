import { errors, jwtVerify } from "jose";
import { z } from "zod";
import { findLinkedOrganization } from "../db/cross-tenant.ts";
import type { Meter } from "../db/tenant-db.ts";
import type { Environment } from "../env.ts";
import { Problem, problem } from "../http/problem.ts";
import type { ClerkSettings } from "../providers/settings.ts";
import type { PersonCredential } from "./authenticate.ts";
import { IssuerKeys } from "./issuer-keys.ts";
import type { Role } from "./roles.ts";

/** How far the provider's clock may be from ours. */
const leewaySeconds = 5;

/** Clerk's names of roles, with or without `org:`. A member of no other kind may look. What is not here is let in by nobody. */
const clerkRoles: ReadonlyMap<string, Role> = new Map([
  ["owner", "owner"],
  ["admin", "admin"],
  ["operator", "operator"],
  ["viewer", "viewer"],
  ["member", "viewer"],
  ["basic_member", "viewer"],
]);

/** Our name of what Clerk calls a role in an organization; undefined where it is none that we know. */
export const roleOfClerk = (name: string): Role | undefined => clerkRoles.get(name.replace(/^org:/, ""));

const organizationId = z.string().regex(/^org_\w{1,64}$/);
const roleName = z.string().max(100);

/** Session tokens of Clerk: version 2 has the organization in `o`, version 1 in claims of their own. */
const Claims = z.object({
  sub: z.string().regex(/^user_\w{1,64}$/),
  sid: z.string().regex(/^sess_\w{1,64}$/),
  azp: z.string(),
  iat: z.number(),
  exp: z.number(),
  aud: z.union([z.string(), z.array(z.string())]).optional(),
  /** `pending`: signed in, and something is still to be done. */
  sts: z.literal("active").optional(),
  /** Whoever acts as somebody else stands here. */
  act: z.never().optional(),
  o: z.object({ id: organizationId, rol: roleName }).optional(),
  org_id: organizationId.nullish(),
  org_role: roleName.nullish(),
});
type Claims = z.output<typeof Claims>;

type Clerk = { readonly keys: IssuerKeys; readonly organizations: Map<string, string> };
const clerks = new WeakMap<Environment, Clerk>();

/** What this isolate knows of the installation's identity provider. */
function clerkOf(env: Environment, { issuer }: ClerkSettings): Clerk {
  const known = clerks.get(env);
  if (known !== undefined) return known;
  const fresh = { keys: new IssuerKeys(`${issuer}/.well-known/jwks.json`), organizations: new Map() };
  clerks.set(env, fresh);
  return fresh;
}

/**
 * Verifies a session token of Clerk's: RS256 by one of the issuer's keys, for a dashboard of ours, of this moment, of an active session. The
 * organization that it names must be linked to one of ours: 403 organization_needed.
 */
export async function readDashboardSession(
  env: Environment,
  settings: ClerkSettings,
  token: string,
  { now, meter }: { readonly now: Date; readonly meter: Meter },
): Promise<PersonCredential> {
  const clerk = clerkOf(env, settings);
  const claims = await verified(env, settings, clerk.keys, token, now);
  const { id, role: name } = organizationIn(claims);
  const role = roleOfClerk(name);
  if (role === undefined) throw problem("forbidden", "a role of the identity provider's that is none here");
  const orgId = clerk.organizations.get(id) ?? (await linkedOrganization(env, clerk, id, meter));
  const { sid: sessionId, sub: externalId, iat, exp } = claims;
  return {
    kind: "person",
    via: "clerk",
    orgId,
    sessionId,
    proof: { kind: "provider", externalId, role },
    times: { startedAt: iat * 1000, endsAt: exp * 1000 },
  };
}

async function verified(
  env: Environment,
  { issuer, authorizedParties }: ClerkSettings,
  keys: IssuerKeys,
  token: string,
  now: Date,
): Promise<Claims> {
  try {
    const { payload } = await jwtVerify(
      token,
      async ({ kid, typ }) => {
        // The issuer's key signs access tokens of OAuth and others too, whose claims an application may choose.
        if (typ !== undefined && typ !== "JWT") throw new errors.JWTInvalid("another kind of token");
        const key = await keys.find(kid ?? "", now.getTime());
        if (key === undefined) throw new errors.JWKSNoMatchingKey();
        return key;
      },
      {
        algorithms: ["RS256"],
        issuer,
        currentDate: now,
        clockTolerance: leewaySeconds,
        requiredClaims: ["exp", "nbf", "iat", "sid", "sub", "azp"],
      },
    );
    const claims = Claims.parse(payload);
    if (claims.iat > now.getTime() / 1000 + leewaySeconds)
      throw new errors.JWTClaimValidationFailed("issued in the future", payload, "iat");
    if (!authorizedParties.includes(claims.azp)) throw new errors.JWTClaimValidationFailed("another party's", payload, "azp");
    if (claims.aud !== undefined && ![claims.aud].flat().includes(env.publicOrigin))
      throw new errors.JWTClaimValidationFailed("for another audience", payload, "aud");
    return claims;
  } catch (fault) {
    if (fault instanceof Problem) throw fault;
    throw problem("unauthenticated", `session token: ${describe(fault)}`);
  }
}

/** Names of claims, and nothing of what the token says. */
function describe(fault: unknown): string {
  if (fault instanceof errors.JWTClaimValidationFailed) return `${fault.code} ${fault.claim}`;
  if (fault instanceof errors.JOSEError) return fault.code;
  if (fault instanceof z.ZodError) return `claims ${fault.issues.map(({ path }) => path.join(".")).join(", ")}`;
  return "refused";
}

function organizationIn({ o, org_id: id, org_role: role }: Claims): { id: string; role: string } {
  if (o !== undefined) return { id: o.id, role: o.rol };
  if (typeof id === "string" && typeof role === "string") return { id, role };
  throw problem("organization_needed", "the session is in no organization");
}

/** A link is for good, so that it is looked up once by each isolate. */
async function linkedOrganization(env: Environment, { organizations }: Clerk, id: string, meter: Meter): Promise<string> {
  meter.trips += 1;
  const orgId = await findLinkedOrganization(env, "clerk", id);
  if (orgId === undefined) throw problem("organization_needed", "no organization here is linked to the session's");
  organizations.set(id, orgId);
  return orgId;
}
