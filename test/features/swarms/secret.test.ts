import { describe, expect, it } from "vitest";
import { newSwarmSecret, openSwarmSecret } from "../../../src/features/swarms/secret.ts";
import { newWrappedDataKey, openSealedBox, parseKeyRing, rewrapDataKey } from "../../../src/crypto/sealed-box.ts";
import { mintRoomToken, readRoomToken } from "../../../src/access/room-token.ts";
import { newId } from "../../../src/platform/ids.ts";

const keyOf = (fill: number): string => btoa(String.fromCharCode(...new Uint8Array(32).fill(fill)));
function ringOf(text: string) {
  const ring = parseKeyRing(text);
  if (ring === undefined) throw new Error("no ring");
  return ring;
}
const oldRing = ringOf(`old:${keyOf(1)}`);
const bothRing = ringOf(`new:${keyOf(2)},old:${keyOf(1)}`);
const newRing = ringOf(`new:${keyOf(2)}`);
const now = new Date("2026-03-01T00:00:00Z");

async function sealed() {
  const [orgId, swarmId] = [newId("organization"), newId("swarm")];
  const wrapped = await newWrappedDataKey(oldRing, orgId);
  const box = openSealedBox(oldRing, orgId, wrapped);
  return { orgId, swarmId, wrapped, box, row: { orgId, ...(await newSwarmSecret(box, swarmId, 1, now)) } };
}

describe("a swarm's sealed secret", () => {
  it("opens for its own organization, swarm and generation, and nowhere else", async () => {
    const { box, row } = await sealed();
    expect((await openSwarmSecret(box, row)).key.extractable).toBe(false);
    const otherId = newId("organization");
    const other = openSealedBox(oldRing, otherId, await newWrappedDataKey(oldRing, otherId));
    await expect(openSwarmSecret(box, { ...row, swarmId: newId("swarm") })).rejects.toThrow();
    await expect(openSwarmSecret(box, { ...row, generation: 2 })).rejects.toThrow();
    await expect(openSwarmSecret(other, { ...row, orgId: otherId })).rejects.toThrow();
    await expect(openSwarmSecret(box, { ...row, sealedSecret: row.sealedSecret.replace(/.(.{8})$/, "A$1") })).rejects.toThrow();
  });

  it("is another one each time", async () => {
    const { box, swarmId, row } = await sealed();
    const again = { ...row, ...(await newSwarmSecret(box, swarmId, 1, now)) };
    const [one, other] = [await openSwarmSecret(box, row), await openSwarmSecret(box, again)];
    const said = { roomId: `room_${"0".repeat(33)}`, orgId: row.orgId, origin: "https://api.armalo.test", now };
    const wanted = {
      ...said,
      agentId: newId("agent"),
      keyId: newId("key"),
      generation: 1,
      caps: ["presence"],
      expiresAt: new Date(now.getTime() + 60_000),
    };
    const { token } = await mintRoomToken(one.key, wanted);
    expect(await readRoomToken({ ...said, secrets: new Map([[1, other.key]]) }, token)).toEqual({ ok: false, reason: "bad_signature" });
    expect((await readRoomToken({ ...said, secrets: new Map([[1, one.key]]) }, token)).ok).toBe(true);
  });

  it("opens as before once the installation's wrapping key was replaced", async () => {
    const { orgId, wrapped, row } = await sealed();
    const rewrapped = await rewrapDataKey(bothRing, orgId, wrapped);
    const place = { table: "swarm_secrets", row: `${row.swarmId}.1`, field: "secret" };
    expect(await openSealedBox(newRing, orgId, rewrapped).open(place, row.sealedSecret)).toHaveLength(44);
    await expect(openSealedBox(newRing, orgId, wrapped).open(place, row.sealedSecret)).rejects.toThrow();
  });
});
