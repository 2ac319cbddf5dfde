import { createOrganization, type TestOrganization } from "../support/organization.ts";

export const agentOf = async (org: TestOrganization, isPublic: boolean): Promise<string> =>
  (await org.call("POST", "/v1/agents", { externalId: crypto.randomUUID(), name: "Support", isPublic })).body.id;
export const publicAgent = async (): Promise<string> => agentOf(await createOrganization(), true);
export const scoreOf = (agentId: string) => ({ path: `/v1/agents/${agentId}/score` });
