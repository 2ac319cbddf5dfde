import { askLimit } from "../access/rolling-limit.ts";
import { answerFrame } from "./answer-frame.ts";
import { readFrame } from "./frames.ts";
import type { Hall, OpenHall } from "./hall.ts";
import { roomLimits } from "./limits.ts";
import type { Member } from "./member.ts";
import { utf8Length } from "./message-body.ts";

/** Takes what came from a member's socket: nothing from a token that has expired, and little of what is no frame of ours. */
export async function hearFrame(
  { assembly }: Hall,
  open: OpenHall | undefined,
  member: Member,
  data: string | ArrayBuffer,
  now: number,
): Promise<void> {
  if (member.pass.expiresAt <= now) return assembly.end(member, "expired");
  if (isTooLarge(data)) return assembly.end(member, "large");
  const frame = readFrame(data);
  if (frame === undefined) {
    if (!askLimit(member.faults, now).accepted) return assembly.end(member, "malformed");
    return assembly.send(member, { type: "error", code: "invalid_frame", detail: "Not a frame of armalo.room.v1." });
  }
  if (open === undefined)
    return assembly.send(member, {
      type: "error",
      code: "unavailable",
      ref: "ref" in frame ? frame.ref : undefined,
      detail: "The room cannot be read now; try again shortly.",
    });
  await answerFrame(open, member, frame, now);
}

const isTooLarge = (data: string | ArrayBuffer): boolean =>
  typeof data === "string"
    ? data.length > roomLimits.frameBytes || (data.length * 3 > roomLimits.frameBytes && utf8Length(data) > roomLimits.frameBytes)
    : data.byteLength > roomLimits.frameBytes;
