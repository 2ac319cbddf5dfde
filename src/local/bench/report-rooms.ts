import { cpuPerDeliveryUs, delayMs, deliveriesPerSecond, type FanOut } from "./fan-out.ts";
import type { RoomRace, Rooms } from "./measure-rooms.ts";
import { digits, table, type Goal } from "./table.ts";

const places = { inMemory: "objects in memory", onDisk: "objects on disk" } as const;
const countOf = (together: number): string => (together === 1 ? "one message at a time" : `${together} messages at a time`);

function racesOf({ races }: Rooms): { readonly where: string; readonly race: RoomRace }[] {
  const { inMemory = [], onDisk = [] } = races;
  return [...inMemory.map((race) => ({ where: places.inMemory, race })), ...onDisk.map((race) => ({ where: places.onDisk, race }))];
}

export const roomGoals = (rooms: Rooms): Goal[] => [
  ...racesOf(rooms).map(({ where, race: { together, ratio } }): Goal => ({
    name: `room / bare room, 300 members, deliveries/s, ${countOf(together)}, ${where}`,
    value: ratio,
    bound: "at least",
    goal: 0.7,
    unit: "×",
  })),
  { name: "messages to revoked sockets after the answer", value: rooms.revocations.framesAfter, bound: "at most", goal: 0, unit: "" },
];

export const roomTables = (rooms: Rooms): string[] => [
  table(
    ["300 members of a room", "deliveries/s", "publish to last delivery, p50", "p99", "CPU of workerd per delivery"],
    racesOf(rooms).flatMap(({ where, race: { together, room, bare, keeping } }) => [
      fanOutRow(`bare room, ${countOf(together)}; ${where}`, bare),
      fanOutRow(`bare room that writes down each message, ${countOf(together)}; ${where}`, keeping),
      fanOutRow(`room, ${countOf(together)}; ${where}`, room),
    ]),
  ),
  table(
    ["room tokens and revocation", "measured"],
    [
      ["room tokens minted a second, one after the other", String(Math.round(rooms.tokens.signedPerSecond))],
      ["room tokens verified a second, one after the other", String(Math.round(rooms.tokens.verifiedPerSecond))],
      ["revoking the key that let 100 sockets in, until the answer, median", `${digits(rooms.revocations.callMs)} ms`],
      ["from that answer until the last of them was closed, median", `${digits(rooms.revocations.closedMs.median)} ms`],
      ["the same, the slowest", `${digits(rooms.revocations.closedMs.worst)} ms`],
    ],
  ),
];

function fanOutRow(name: string, run: FanOut): string[] {
  const cpuUs = cpuPerDeliveryUs(run);
  return [
    name,
    String(Math.round(deliveriesPerSecond(run))),
    `${digits(delayMs(run, 0.5))} ms`,
    `${digits(delayMs(run, 0.99))} ms`,
    Number.isNaN(cpuUs) ? "not known here" : `${cpuUs.toFixed(1)} µs`,
  ];
}
