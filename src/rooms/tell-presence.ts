import { maySeePresence } from "../access/room-capability.ts";
import { currentTime } from "../platform/clock.ts";
import { writeFrame } from "./frames.ts";
import type { Hall } from "./hall.ts";

/** However many come and go within this, the others are told once. */
const everyMs = 500;

/** Tells those who asked who is here of what changes, in batches: a storm of 300 members costs each of them a few frames, not 300. */
export class PresenceTeller {
  readonly #hall: Pick<Hall, "assembly" | "presence">;
  #due = false;

  constructor(hall: Pick<Hall, "assembly" | "presence">) {
    this.#hall = hall;
  }

  soon(): void {
    if (this.#due) return;
    this.#due = true;
    setTimeout(() => {
      this.#due = false;
      this.#tell();
    }, everyMs);
  }

  #tell(): void {
    const { assembly, presence } = this.#hall;
    const change = presence.takeChange();
    if (change === undefined) return;
    const frame = writeFrame({ type: "presence", ...change });
    const now = currentTime().getTime();
    for (const member of assembly.members())
      if (member.watchesPresence && member.pass.expiresAt > now && maySeePresence(member.pass.caps)) assembly.sendText(member, frame);
  }
}
