import { z } from "@hono/zod-openapi";
import { pageOf, pageQuery } from "../../http/pagination.ts";
import { idPattern } from "../../platform/ids.ts";

export const SwarmParams = z.object({ swarmId: z.string().regex(idPattern("swarm")) });
export const ListSwarmsQuery = z.object(pageQuery);

export const CreateSwarmBody = z.strictObject({ name: z.string().trim().min(1).max(200) }).openapi("CreateSwarm");

export const RotateSecretBody = z
  .strictObject({
    mode: z.enum(["overlap", "hard"]).openapi({
      description:
        "`overlap`: tokens of the former secret live out their ten minutes; those of secrets before it end. `hard`: every token that was signed " +
        "until now ends at once, and every member is put out of its room.",
    }),
  })
  .openapi("RotateSwarmSecret");
export type RotationMode = z.output<typeof RotateSecretBody>["mode"];

const Time = z.iso.datetime();

export const Swarm = z
  .object({
    id: z.string(),
    name: z.string(),
    generation: z.int().openapi({ description: "Of the secret that signs its room tokens. The secret itself is never shown." }),
    openRooms: z.int(),
    createdAt: Time,
    updatedAt: Time,
  })
  .openapi("Swarm");
export type SwarmView = z.input<typeof Swarm>;
export const SwarmPage = pageOf(Swarm).openapi("SwarmPage");
