import type { Hall, OpenHall } from "./hall.ts";
import { roomPlans } from "./limits.ts";
import { noteMember } from "./member.ts";

const dayMs = 86_400_000;
const retainWithinMs = 30_000;
/** What is kept may be over its limits by so much until the alarm rings; beyond that it does not wait. */
const slack = 1.25;

/** Ends every socket whose token has expired or was revoked, and brings forward the end of those that soon will be. */
export function enforce({ assembly, endings, wakeBy }: Hall, now: number): void {
  for (const member of assembly.members()) {
    const endsAt = endings.endOf(member.pass, now);
    if (endsAt <= now) assembly.end(member, "revoked");
    else if (member.pass.expiresAt <= now) assembly.end(member, "expired");
    else if (endsAt < member.pass.expiresAt) {
      member.pass = { ...member.pass, expiresAt: endsAt };
      noteMember(member);
      wakeBy(endsAt);
    }
  }
}

/** Drops the messages that are over the room's limits of number, age and bytes. */
export function retain({ messages, settings: { plan, retention } }: OpenHall, now: number): void {
  messages.retain({ messages: retention.messages, bytes: roomPlans[plan].keptBytes, sinceMs: now - retention.days * dayMs }, now);
}

/** After something was published: room is made at once where far too much is kept, and by the alarm otherwise. */
export function retainSoon(hall: OpenHall, now: number): void {
  const { messages, settings, wakeBy } = hall;
  if (messages.head.seq === messages.floor.seq) return;
  const { keptBytes } = roomPlans[settings.plan];
  const over = Math.max((messages.head.seq - messages.floor.seq) / settings.retention.messages, messages.bytes / keptBytes);
  if (over > slack) retain(hall, now);
  else wakeBy(over > 1 ? now + retainWithinMs : messages.head.at + settings.retention.days * dayMs);
}

/** When the alarm is wanted next for tokens, visits and old messages; Infinity for never. */
export function nextWake({ assembly, visits, messages }: Hall, retentionDays: number): number {
  const expiries = assembly.members().map(({ pass }) => pass.expiresAt);
  const oldest = messages.oldestAt();
  return Math.min(...expiries, visits.nextDue() ?? Infinity, oldest === undefined ? Infinity : oldest + retentionDays * dayMs);
}
