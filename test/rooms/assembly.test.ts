import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { newId } from "../../src/platform/ids.ts";
import { Assembly } from "../../src/rooms/assembly.ts";
import { enterMember, type Member } from "../../src/rooms/member.ts";
import { replayOn } from "../../src/rooms/replay-on.ts";
import { MessageStore, type KeptMessage } from "../../src/rooms/message-store.ts";
import { SocketStore } from "../../src/rooms/socket-store.ts";

const room = "room_000000000000000000000000000000000";

type Stage = {
  readonly assembly: Assembly;
  readonly say: (body: string) => KeptMessage;
  readonly enter: (lost: boolean) => Member;
  readonly kept: () => number;
};

/** An assembly in the storage of an object of its own. A member that is lost has a socket that takes nothing any more. */
const onStage = (work: (stage: Stage) => void): Promise<void> =>
  runInDurableObject(env.ROOM.get(env.ROOM.newUniqueId()), (_, { storage: { sql } }) => {
    const messages = new MessageStore(sql);
    const assembly = new Assembly(messages, new SocketStore(sql), () => undefined);
    work({
      assembly,
      say: (body) => {
        const message = { topic: "a", from: newId("agent"), body, text: JSON.stringify(body), sideEffect: false };
        return messages.append(room, message, body.length, Date.now());
      },
      enter: (lost) => {
        const { 1: socket } = new WebSocketPair();
        socket.accept();
        const said = { agentId: newId("agent"), tokenId: newId("roomToken"), keyId: newId("key"), generation: 1 };
        const member = enterMember(socket, newId("request"), { ...said, caps: ["topic:subscribe"], expiresAt: Date.now() + 60_000 });
        assembly.enter(member);
        if (lost) socket.close();
        return member;
      },
      kept: () => sql.exec<{ n: number }>("select count(*) as n from subscriptions").one().n,
    });
  });

describe("an assembly", () => {
  it("counts nothing as on its way to members who were lost in the middle of their replay, and keeps nothing of them", () =>
    onStage(({ assembly, say, enter, kept }) => {
      for (let at = 0; at < 17; at += 1) say("x".repeat(60_000));
      for (let at = 0; at < 80; at += 1) {
        const lost = enter(true);
        assembly.subscribe(lost, ["a"], 0);
        assembly.replay(lost);
        expect(assembly.find(lost.socket)).toBeUndefined();
      }
      expect(kept()).toBe(0);
      const reader = enter(false);
      assembly.subscribe(reader, ["a"], undefined);
      assembly.deliver(say("y"), Date.now());
      expect(assembly.members()).toEqual([reader]);
    }));

  it("replays nothing to a member whose token has expired, whether the alarm has come or not", () =>
    onStage(({ assembly, say, enter }) => {
      say("x");
      const [late, early] = [enter(false), enter(false)];
      late.pass = { ...late.pass, expiresAt: Date.now() - 1 };
      for (const member of [late, early]) {
        assembly.subscribe(member, ["a"], 0);
        replayOn(assembly, member);
      }
      expect([late.window.messages, early.window.messages]).toEqual([0, 1]);
      expect(assembly.members()).toEqual([early]);
    }));
});
