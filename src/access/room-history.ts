import type { ChainPlace, SealedMessage } from "../crypto/room-chain.ts";

/** A message with its body as JSON text. */
export type HistoryMessage = Omit<SealedMessage, "body"> & { readonly body: string };

/** Messages as a room has them at one moment. */
export type HistoryPage = {
  /** The newest message. */
  readonly head: ChainPlace;
  /** The message before the oldest that is kept, or where the chain begins. */
  readonly floor: ChainPlace;
  /** In order, from the first one behind the place that was asked for which is still kept; not always as many as were asked for. */
  readonly messages: readonly HistoryMessage[];
};

export type RoomHistory = { pages(after: number, limit: number): Promise<HistoryPage> };
