import { currentTime } from "../platform/clock.ts";
import type { Assembly } from "./assembly.ts";
import type { Member } from "./member.ts";

const running = new WeakSet<Member>();

/** Goes on with a member's replay, one step a turn, so that others are heard between the steps. */
export function replayOn(assembly: Assembly, member: Member): void {
  if (member.live || running.has(member) || assembly.find(member.socket) === undefined) return;
  if (member.pass.expiresAt <= currentTime().getTime()) return assembly.end(member, "expired");
  if (!assembly.replay(member)) return;
  running.add(member);
  setTimeout(() => {
    running.delete(member);
    replayOn(assembly, member);
  });
}
