import { openMember, type Frame, type Member } from "./member.ts";

/** Members of one room who get every message, and how one of them sends the message of that number. */
export type Meeting = {
  readonly members: readonly Member[];
  readonly textOf: (number: number) => string;
  /** Sets who is told what comes of it from now on. */
  readonly listen: (listener: Listener) => void;
};

export type Listener = {
  /** A member got the message of that number. */
  readonly heard: (number: number) => void;
  readonly refused: (fault: Error) => void;
};

const topic = "bench.fan-out";
const words = "What one agent has to say to the others.";
/** A room counts what a member has not acknowledged, up to a thousand messages; one frame for so many is enough. */
const acknowledgedTogether = 32;

/** Members of the bare room, which sends on what it gets: a text of the size of a room's message. */
export async function meetBare(origin: string, room: string, count: number): Promise<Meeting> {
  const { hear, listen } = newEar();
  const members: Member[] = [];
  while (members.length < count) {
    members.push(await openMember({ url: `${origin.replace("http", "ws")}/${room}`, protocols: [], heard: hear }));
  }
  const from = `agt_${"0".repeat(22)}`;
  const rest = {
    at: "2026-01-01T00:00:00.000Z",
    sideEffect: false,
    salt: "0".repeat(32),
    previous: "0".repeat(64),
    digest: "0".repeat(64),
  };
  const textOf = (number: number): string =>
    JSON.stringify({ type: "message", seq: number, topic, from, body: { number, words }, ...rest });
  return { members, textOf, listen };
}

/** Members of a real room, one for each token, who acknowledge what they get. */
export async function meetInRoom(origin: string, roomId: string, tokens: readonly string[]): Promise<Meeting> {
  const { hear, listen } = newEar();
  const members: Member[] = [];
  for (const token of tokens) members.push(await join(`${origin.replace("http", "ws")}/v1/rooms/${roomId}/connect`, token, hear));
  const textOf = (number: number): string => JSON.stringify({ type: "publish", topic, body: { number, words } });
  return { members, textOf, listen };
}

async function join(url: string, token: string, hear: (frame: Frame) => void): Promise<Member> {
  let unacknowledged = 0;
  const member = await openMember({
    url,
    protocols: ["armalo.room.v1", `bearer.${token}`],
    heard: (frame) => {
      hear(frame);
      if (frame.type !== "message" || ++unacknowledged < acknowledgedTogether) return;
      unacknowledged = 0;
      member.send(JSON.stringify({ type: "ack", seq: frame.seq }));
    },
  });
  member.send(JSON.stringify({ type: "subscribe", topics: [topic] }));
  await member.next("subscribed");
  return member;
}

function newEar(): { readonly hear: (frame: Frame) => void; readonly listen: Meeting["listen"] } {
  let listener: Listener | undefined;
  return {
    hear: ({ type, body, code }) => {
      if (type === "message") listener?.heard(body.number);
      if (type === "error") listener?.refused(new Error(`the room refused what the bench sent: ${code}`));
    },
    listen: (given) => (listener = given),
  };
}
