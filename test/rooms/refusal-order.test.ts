import { runInDurableObject } from "cloudflare:test";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { env } from "cloudflare:workers";
import { callApi, newAddress } from "../support/organization.ts";
import { openWorld, roomStub, type World } from "./room-world.ts";

afterEach(() => void vi.useRealTimers());

let world: World;
beforeAll(async () => {
  world = await openWorld();
});

const json = { "content-type": "application/json" };
/** What is wrong with each: its method, its path, its body and headers, and what whoever holds a token is told of it. */
const faults: readonly [string, string, string, string | undefined, Record<string, string>, number][] = [
  ["a body that is no JSON", "POST", "/messages", "{", json, 400],
  ["a body that is no message", "POST", "/messages", "{}", json, 400],
  ["no body", "POST", "/messages", undefined, json, 400],
  ["a body that is not declared", "POST", "/messages", "{}", { "content-type": "text/plain" }, 415],
  ["a query that is none", "GET", "/messages?limit=0", undefined, {}, 400],
  ["no upgrade", "GET", "/connect", undefined, {}, 400],
];

const send = (token: string, [, method, path, body, headers]: (typeof faults)[number]) =>
  callApi(method, `/v1/rooms/${world.roomId}${path}`, body, {
    ...headers,
    authorization: `Bearer ${token}`,
    "cf-connecting-ip": newAddress(),
  });

describe.each(faults)("a call of a room with %s", (...fault) => {
  it("is told so where its token holds", async () => {
    expect((await send(await world.mint(0), fault)).status).toBe(fault[5]);
  });

  it("is told nothing but that its token does not hold", async () => {
    const other = await openWorld();
    const expired = await world.mint(0, { now: new Date(Date.now() - 700_000) });
    for (const token of ["a.b.c", await other.mint(0), expired]) {
      const { status, body } = await send(token, fault);
      expect([status, body.code, body.errors]).toEqual([401, "unauthenticated", undefined]);
    }
  });
});

describe("the judgement of a token", () => {
  it("costs one call of the room's object, also where nothing can be asked of it", async () => {
    const token = await world.mint(0);
    const calls = vi.spyOn(env.ROOM, "get");
    for (const fault of faults) await send(token, fault);
    expect(calls).toHaveBeenCalledTimes(faults.length);
    calls.mockClear();
    expect((await world.call(token, "POST", "/messages", { topic: "a", body: 1 })).status).toBe(201);
    expect(calls).toHaveBeenCalledTimes(1);
    calls.mockRestore();
  });

  it("counts against what an agent may ask, and is no visit", async () => {
    vi.useFakeTimers({ toFake: ["Date"] }); // the minute does not end, however slow the machine is
    const lone = await openWorld({ plan: "free" });
    const token = await lone.mint(0);
    const call = () => lone.call(token, "POST", "/messages", "{");
    expect((await call()).status).toBe(400);
    const visits = await runInDurableObject(roomStub(lone), (_, { storage }) => storage.sql.exec("select count(*) as n from visits").one());
    expect(visits).toEqual({ n: 0 });
    for (let asked = 1; asked < 300; asked += 1) await call();
    expect((await call()).status).toBe(429);
  });
});
