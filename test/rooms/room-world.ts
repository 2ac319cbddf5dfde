import { evictDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import type { Plan } from "../../src/access/plans.ts";
import { mintRoomToken } from "../../src/access/room-token.ts";
import { loadRoom } from "../../src/features/rooms/index.ts";
import { environment } from "../audit/support.ts";
import { callApi, createOrganization, type Answer, type TestOrganization } from "../support/organization.ts";

// oxlint-disable-next-line typescript/no-explicit-any -- a test reads whatever shape a frame has
export type Frame = any;

/** A client's end of a socket into a room, with all that it was sent. */
export type Client = {
  readonly frames: Frame[];
  readonly send: (frame: object | string) => void;
  readonly close: () => void;
  readonly closed: Promise<number>;
  /** The first frame of a kind, once it is there. */
  readonly first: (type: string, fits?: (frame: Frame) => boolean) => Promise<Frame>;
  /** All messages, once there are so many. */
  readonly messages: (count: number) => Promise<Frame[]>;
  /** Sends a frame, and waits for the answer to it. */
  readonly ask: (frame: object) => Promise<Frame>;
  readonly isOpen: () => boolean;
};

export const everything = ["topic:publish", "topic:subscribe", "presence", "history"];

type MintOptions = { readonly caps?: readonly string[]; readonly seconds?: number; readonly now?: Date; readonly keyId?: string };
/** A client acknowledges what it gets, unless it says otherwise. */
type ConnectOptions = MintOptions & { readonly acknowledges?: boolean };
export type World = {
  readonly org: TestOrganization;
  readonly swarmId: string;
  readonly roomId: string;
  readonly agents: readonly string[];
  /** A token signed with the swarm's own secret, as the API mints it. */
  /** After a rotation. */
  readonly learnSecret: () => Promise<void>;
  readonly mint: (agent: number, options?: MintOptions) => Promise<string>;
  readonly connect: (agent: number, options?: ConnectOptions) => Promise<Client>;
  readonly call: (token: string, method: string, path: string, body?: unknown) => Promise<Answer>;
};

type Wish = { readonly plan?: Plan; readonly agents?: number; readonly topics?: readonly object[]; readonly retention?: object };

export async function openWorld({ plan = "enterprise", agents: count = 3, topics = [], retention }: Wish = {}): Promise<World> {
  const org = await createOrganization({ plan });
  const make = async (path: string, body: unknown): Promise<Frame> => {
    const answer = await org.call("POST", path, body);
    if (answer.status >= 300) throw new Error(`${path}: ${answer.text}`);
    return answer.body;
  };
  const agents: string[] = [];
  for (let from = 0; from < count; from += 50) {
    const batch = Array.from({ length: Math.min(50, count - from) }, (_, at) => ({
      externalId: `a${from + at}`,
      name: `Agent ${from + at}`,
    }));
    const made = await make("/v1/agents/batch", { agents: batch });
    agents.push(...made.items.map(({ id }: { id: string }) => id));
  }
  const swarm = await make("/v1/swarms", { name: "Swarm" });
  const room = await make(`/v1/swarms/${swarm.id}/rooms`, { name: "Room", topics, ...(retention === undefined ? {} : { retention }) });
  let secret = await newestSecret(room.id);
  const mint: World["mint"] = async (agent, { caps = everything, seconds = 600, now = new Date(), keyId = org.keyId } = {}) => {
    const said = { roomId: room.id, orgId: org.orgId, agentId: agents[agent] ?? "", keyId, generation: secret.generation, caps };
    const origin = environment().publicOrigin;
    return (await mintRoomToken(secret.key, { ...said, origin, now, expiresAt: new Date(now.getTime() + seconds * 1000) })).token;
  };
  return {
    ...{ org, swarmId: swarm.id, roomId: room.id, agents, mint },
    learnSecret: async () => void (secret = await newestSecret(room.id)),
    connect: async (agent, options) => connect(room.id, await mint(agent, options), org.address, options?.acknowledges),
    call: (token, method, path, body) =>
      callApi(method, `/v1/rooms/${room.id}${path}`, body, { authorization: `Bearer ${token}`, "cf-connecting-ip": org.address }),
  };
}

async function newestSecret(roomId: string) {
  const config = await loadRoom(environment(), roomId);
  const [newest] = config?.secrets.toSorted((a, b) => b.generation - a.generation) ?? [];
  if (newest === undefined) throw new Error("no secret");
  return newest;
}

export const roomStub = ({ roomId }: Pick<World, "roomId">) => env.ROOM.get(env.ROOM.idFromName(roomId));

/** The room forgets all but what it has stored, and its sockets stay open, as when it hibernates. */
export async function sleep(world: Pick<World, "roomId">): Promise<void> {
  await roomStub(world).status();
  await evictDurableObject(roomStub(world));
}

export const ask = (roomId: string, headers: Record<string, string>): Promise<Response> =>
  exports.default.fetch(new Request(`https://api.armalo.test/v1/rooms/${roomId}/connect`, { headers }));

export const upgrade = (token: string, address: string) => ({
  upgrade: "websocket",
  "sec-websocket-protocol": `armalo.room.v1, bearer.${token}`,
  "cf-connecting-ip": address,
});

/** Opens a socket as a client does, through the Worker's front door. */
export async function connect(roomId: string, token: string, address: string, acknowledges = true): Promise<Client> {
  const response = await ask(roomId, upgrade(token, address));
  const { webSocket: socket } = response;
  if (socket === null) throw new Error(`${response.status}: ${await response.text()}`);
  return listen(socket, acknowledges);
}

function listen(socket: WebSocket, acknowledges: boolean): Client {
  const frames: Frame[] = [];
  const waiting = new Set<() => void>();
  let open = true;
  let got = 0;
  let end: (code: number) => void = () => undefined;
  const closed = new Promise<number>((resolve) => (end = resolve));
  socket.addEventListener("message", ({ data }) => {
    const frame = data === "pong" ? { type: "pong" } : JSON.parse(String(data));
    frames.push(frame);
    if (acknowledges && frame.type === "message" && (got += 1) % 100 === 0) socket.send(JSON.stringify({ type: "ack", seq: frame.seq }));
    for (const look of waiting) look();
  });
  socket.addEventListener("close", ({ code }) => {
    open = false;
    end(code);
  });
  socket.accept();
  const until = <T>(find: () => T | undefined): Promise<T> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = find();
        if (found === undefined) return;
        waiting.delete(look);
        clearTimeout(timer);
        resolve(found);
      };
      const timer = setTimeout(() => {
        waiting.delete(look);
        reject(new Error(`waited in vain; the last frames: ${JSON.stringify(frames.slice(-3))}`));
      }, 20_000);
      waiting.add(look);
      look();
    });
  const send = (frame: object | string): void => socket.send(typeof frame === "string" ? frame : JSON.stringify(frame));
  const first: Client["first"] = (type, fits = () => true) => until(() => frames.find((frame) => frame.type === type && fits(frame)));
  return {
    ...{ frames, send, closed, first },
    close: () => socket.close(1000, "done"),
    isOpen: () => open,
    messages: (count) =>
      until(() => {
        const messages = frames.filter(({ type }) => type === "message");
        return messages.length >= count ? messages : undefined;
      }),
    ask: async (frame) => {
      const ref = crypto.randomUUID();
      send({ ...frame, ref });
      return until(() => frames.find((answer) => answer.ref === ref));
    },
  };
}

export const seqsOf = (frames: readonly Frame[]): number[] => frames.filter(({ type }) => type === "message").map(({ seq }) => seq);

export const pause = (ms: number): Promise<void> => scheduler.wait(ms);
