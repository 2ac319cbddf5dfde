import { runInDurableObject } from "cloudflare:test";
import { expect, it } from "vitest";
import { openWorld, roomStub, sleep } from "./room-world.ts";
it("is another object after a sleep and after a crash, and its sockets outlive the sleep", async () => {
  const world = await openWorld();
  const client = await world.connect(0);
  const mark = Symbol("mark");
  const marked = () => runInDurableObject(roomStub(world), (room: object) => Reflect.has(room, mark));
  await runInDurableObject(roomStub(world), (room: object) => void Reflect.set(room, mark, true));
  expect(await marked()).toBe(true);
  await sleep(world);
  expect(await marked()).toBe(false);
  expect(await client.ask({ type: "publish", topic: "a", body: 1 })).toMatchObject({ type: "published" });
  await runInDurableObject(roomStub(world), (room: object) => void Reflect.set(room, mark, true));
  await runInDurableObject(roomStub(world), (_, state) => state.abort("crash")).catch(() => undefined);
  expect(await marked()).toBe(false);
  expect(await roomStub(world).status()).toMatchObject({ sockets: 0, head: { seq: 1 } });
});
