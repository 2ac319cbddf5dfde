/** Why the room ends a socket: the codes that its clients are told, and a reason in words. */
export const closures = {
  expired: [4001, "the token has expired"],
  revoked: [4003, "revoked"],
  closed: [4004, "the room is closed"],
  slow: [4008, "too slow: reconnect, and replay"],
  replaced: [4009, "replaced by a newer connection of the agent"],
  flooding: [4029, "too many messages"],
  malformed: [4400, "not our protocol"],
  large: [1009, "the message is too large"],
} as const satisfies Record<string, readonly [code: number, reason: string]>;

export type Closure = keyof typeof closures;
