import { env } from "cloudflare:workers";
import { tagId } from "../../../src/access/tagged-id.ts";
import { parseEnvironment } from "../../../src/env.ts";
import { newId } from "../../../src/platform/ids.ts";
import type { TestOrganization } from "../../support/organization.ts";

/** A room of the organization. */
export async function newRoom(_org: TestOrganization): Promise<string> {
  const parsed = parseEnvironment(env);
  if (!parsed.ok) throw new Error("no environment");
  return tagId(parsed.env, "room", newId("room").slice("room_".length));
}
