import { openHistory, selectKeyHistory, signerBy } from "../../access/current-signer.ts";
import { credentialOf, requireWholeOrganization } from "../../access/principal.ts";
import { roomOf } from "../../access/room-control.ts";
import type { HistoryPage, RoomHistory } from "../../access/room-history.ts";
import { insertSecurityEvents } from "../../access/security-event.ts";
import { signStatement } from "../../crypto/statement/statement.ts";
import { headerLine, transcriptFormat, transcriptStatement } from "../../crypto/statement/transcript.ts";
import type { MediaAnswer, ReadContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { describeFault } from "../../platform/describe-fault.ts";
import { newId } from "../../platform/ids.ts";
import { log } from "../../platform/logger.ts";
import { selectRoom } from "../rooms/index.ts";
import { pageMessages, transcriptLines } from "./transcript-lines.ts";

/**
 * Streams what a room has kept, up to the newest message at this moment, behind a signed statement of exactly that. That it was exported is
 * recorded first.
 */
export async function exportTranscript(context: ReadContext, roomId: string): Promise<MediaAnswer> {
  const { tenant, principal, env, environment, now, requestId } = context;
  requireWholeOrganization(principal);
  const [[room], [keyHistory]] = await tenant.read((db) => [selectRoom(db, roomId), selectKeyHistory(db)]);
  if (room === undefined) throw problem("not_found", "no such room");
  const signed = await openHistory(keyHistory);
  const signer = await signerBy(signed, env, "statement", now);
  const history = roomOf(env, roomId);
  const first = await firstPage(history, roomId);
  const basics = {
    id: newId("transcript"),
    issuer: env.publicOrigin,
    deployment: { kind: env.deployment, environment },
    organization: tenant.orgId,
    issuedAt: now.toISOString(),
  };
  const extent = { room: roomId, swarm: room.swarmId, after: first.floor, last: first.head };
  const { jws } = await signStatement(signer, transcriptStatement(basics, extent));
  const exported = { kind: "transcript_exported", credential: credentialOf(principal), at: now, count: 1 } as const;
  await tenant.record((db) => [insertSecurityEvents(db, [exported])]);
  const header = headerLine({ format: transcriptFormat, statement: jws, keyHistory: signed.signed });
  const tell = (fault: unknown): void => log("error", "transcript_broken", { requestId, roomId, fault: describeFault(fault) });
  return {
    content: streamOf(header, transcriptLines(history, first, first.head), tell),
    mediaType: "application/jsonl",
    headers: { "Content-Disposition": `attachment; filename="transcript-${roomId}-${first.head.seq}.jsonl"` },
  };
}

async function firstPage(history: RoomHistory, roomId: string): Promise<HistoryPage> {
  try {
    return await history.pages(0, pageMessages);
  } catch (fault) {
    throw problem("unavailable", `room ${roomId}: ${describeFault(fault)}`);
  }
}

/** Pulled as fast as it is read. A failure breaks the answer off, and is told. */
export function streamOf(header: string, lines: AsyncGenerator<string>, tell: (fault: unknown) => void): ReadableStream<Uint8Array> {
  const utf8 = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(utf8.encode(header)),
    pull: async (controller) => {
      try {
        const next = await lines.next();
        if (next.done === true) controller.close();
        else controller.enqueue(utf8.encode(next.value));
      } catch (fault) {
        tell(fault);
        throw fault;
      }
    },
    cancel: async () => void (await lines.return(undefined)),
  });
}
