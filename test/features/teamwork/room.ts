import { expect } from "vitest";
import type { TestOrganization } from "../../support/organization.ts";

/** A room of the organization, in a swarm of its own. */
export async function newRoom(org: TestOrganization): Promise<string> {
  const swarm = await org.call("POST", "/v1/swarms", { name: "Swarm" });
  expect(swarm.status, swarm.text).toBe(201);
  const room = await org.call("POST", `/v1/swarms/${swarm.body.id}/rooms`, { name: "Room" });
  expect(room.status, room.text).toBe(201);
  return room.body.id;
}
