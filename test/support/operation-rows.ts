import { newId } from "../../src/platform/ids.ts";
import type { TestOrganization } from "./organization.ts";

/** A valid body for every operation that takes one, so that only its identifiers decide. */
export const requestBodies: Readonly<Record<string, unknown>> = {
  "keys.create": { name: "key", scopes: ["keys:read"] },
  "keys.rotate": { overlapSeconds: 60 },
  "access_tokens.issue": {},
};

/** Identifiers of the right form that no organization has. */
export const unknownIds: Readonly<Record<string, string>> = {
  keyId: newId("key"),
  requestId: newId("request"),
};

/** One of each thing that an operation can be asked about, made through the API by its owner. */
export async function resourcesOf(org: TestOrganization): Promise<Readonly<Record<string, string>>> {
  const key = await org.call("POST", "/v1/keys", requestBodies["keys.create"]);
  const failed = await org.call("POST", "/v1/keys", {});
  for (let tries = 0; tries < 50; tries += 1) if ((await org.call("GET", `/v1/requests/${failed.requestId}`)).status === 200) break;
  return { keyId: key.body.id, requestId: failed.requestId };
}
