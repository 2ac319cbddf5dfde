import { z } from "zod";
import type { Keyring } from "./grant-refunds.ts";

const Standing = z.object({ promotable: z.boolean(), missing: z.array(z.object({ message: z.string() })) });
const Simulated = z.object({ items: z.array(z.object({ id: z.string(), mode: z.string(), review: z.object({}).nullable() })) });

/** The owner reviews what was simulated, and promotes the grant where its evidence suffices; false, and what is missing is said, where it does not. */
export async function promoteGrant({ api, owner }: Keyring, grantId: string, say: (line: string) => void): Promise<boolean> {
  const { items } = await api.call("GET", `/v1/invocations?grantId=${grantId}`, Simulated);
  const invocationIds = items.filter(({ mode, review }) => mode === "simulation" && review === null).map(({ id }) => id);
  if (invocationIds.length > 0)
    await owner.call("POST", `/v1/grants/${grantId}/reviews`, z.looseObject({}), { invocationIds, verdict: "accepted" });
  const { promotable, missing } = await api.call("GET", `/v1/grants/${grantId}/promotion`, Standing);
  if (!promotable) {
    say(`\nThe owner reviewed these, and cannot promote the grant: it stays in simulation.\n`);
    for (const { message } of missing) say(`  missing: ${message}`);
    say("");
    return false;
  }
  await owner.call("POST", `/v1/grants/${grantId}/promote`, z.looseObject({}), {});
  say(`\nIts evidence suffices, and the owner has reviewed these and promoted the grant to production:\n`);
  return true;
}
