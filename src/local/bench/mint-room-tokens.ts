import { importRoomSecret, mintRoomToken, newRoomSecret, readRoomToken } from "../../access/room-token.ts";
import { currentTime } from "../../platform/clock.ts";

const origin = "http://127.0.0.1";
const roomId = `room_${"0".repeat(33)}`;
const orgId = `org_${"0".repeat(22)}`;
const generation = 1;

const newToken = (secret: CryptoKey, now: Date): ReturnType<typeof mintRoomToken> =>
  mintRoomToken(secret, {
    roomId,
    orgId,
    agentId: `agt_${"0".repeat(22)}`,
    keyId: `key_${"0".repeat(22)}`,
    generation,
    caps: ["topic:publish:bench.*", "topic:subscribe", "presence", "history"],
    expiresAt: new Date(now.getTime() + 600_000),
    origin,
    now,
  });

let imported: Promise<CryptoKey> | undefined;

/** Mints so many room tokens, one after the other; with `verify`, one of them is then checked as often, as a room does. */
export async function mintRoomTokens(count: number, verify: boolean): Promise<boolean> {
  const secret = await (imported ??= importRoomSecret(newRoomSecret()));
  const now = currentTime();
  if (!verify) {
    for (let number = 0; number < count; number += 1) await newToken(secret, now);
    return true;
  }
  const { token } = await newToken(secret, now);
  const context = { roomId, orgId, origin, secrets: new Map([[generation, secret]]), now };
  for (let number = 0; number < count; number += 1) if (!(await readRoomToken(context, token)).ok) return false;
  return true;
}
