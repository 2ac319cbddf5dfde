import { importRoomSecret, newRoomSecret, roomTokenSeconds } from "../../access/room-token.ts";
import { fromBase64, toBase64 } from "../../crypto/encoding.ts";
import type { SealedBox } from "../../crypto/sealed-box.ts";
import type { swarmSecrets } from "../../db/schema/swarms.ts";

export type SecretRow = typeof swarmSecrets.$inferSelect;
export type NewSecretRow = Omit<SecretRow, "orgId">;

/** A generation of a swarm's secret, ready to sign and verify. `verifiesUntil` null: it is the newest. */
export type SwarmSecret = { readonly generation: number; readonly key: CryptoKey; readonly verifiesUntil: Date | null };

/** How long a former generation still verifies: as long as its last token can live, and what clocks may differ. */
export const overlapMs = (roomTokenSeconds + 5) * 1000;

const placeOf = (swarmId: string, generation: number) => ({ table: "swarm_secrets", row: `${swarmId}.${generation}`, field: "secret" });

/** A new secret of 256 random bits, sealed. */
export async function newSwarmSecret(box: SealedBox, swarmId: string, generation: number, now: Date): Promise<NewSecretRow> {
  const sealedSecret = await box.seal(placeOf(swarmId, generation), toBase64(newRoomSecret()));
  return { swarmId, generation, sealedSecret, verifiesUntil: null, createdAt: now };
}

/** Secrets that this isolate has opened, by what they were opened from: to open one costs more than all else of a token. */
const opened = new Map<string, CryptoKey>();
const mostOpened = 200;

/** Throws where it was altered, or is of another swarm or organization. */
export async function openSwarmSecret(box: SealedBox, row: Omit<SecretRow, "createdAt">): Promise<SwarmSecret> {
  const { orgId, swarmId, generation, sealedSecret, verifiesUntil } = row;
  const source = [orgId, swarmId, generation, sealedSecret].join("|");
  const key = opened.get(source) ?? (await importRoomSecret(fromBase64(await box.open(placeOf(swarmId, generation), sealedSecret))));
  opened.delete(source);
  opened.set(source, key);
  const [oldest] = opened.keys();
  if (opened.size > mostOpened && oldest !== undefined) opened.delete(oldest);
  return { generation, key, verifiesUntil };
}
