import type { JsonValue } from "../../src/crypto/canonical-json.ts";
import { chainStart, messageDigest, type ChainPlace, type SealedMessage } from "../../src/crypto/room-chain.ts";
import type { Signer } from "../../src/crypto/signer.ts";
import { signHistory } from "../../src/crypto/statement/key-history.ts";
import { signStatement, type NewStatement } from "../../src/crypto/statement/statement.ts";
import { headerLine, messageLine, transcriptFormat, transcriptStatement } from "../../src/crypto/statement/transcript.ts";
import { sampleAttestation } from "../crypto/statement/signing.ts";
import type { TestIssuer } from "./issuer.ts";

export const sampleRoom = "room_000000000000000000000100000000001";

/** Messages as a room numbers and chains them. */
export function converse(bodies: readonly JsonValue[], before: ChainPlace = chainStart, room = sampleRoom): SealedMessage[] {
  const messages: SealedMessage[] = [];
  let last = before;
  for (const body of bodies) {
    const seq = last.seq + 1;
    const at = new Date(1_700_000_000_000 + seq).toISOString();
    const message = {
      seq,
      topic: "work.offers",
      from: `agt_${seq % 2}`,
      at,
      body,
      sideEffect: seq % 3 === 0,
      salt: String(seq).padStart(32, "0"),
      previous: last.digest,
    };
    last = { seq, digest: messageDigest(room, message) };
    messages.push({ ...message, digest: last.digest });
  }
  return messages;
}

type Wish = {
  readonly after?: ChainPlace;
  readonly by?: Signer;
  readonly said?: object;
  readonly alter?: (statement: NewStatement) => NewStatement;
};

/** The lines of a transcript of these messages, as the service exports it. */
export async function transcriptOf(
  issuer: TestIssuer,
  messages: readonly SealedMessage[],
  { after = chainStart, by = issuer.statement, said = {}, alter = (statement) => statement }: Wish = {},
): Promise<string[]> {
  const {
    agent: _,
    expiresAt: _never,
    claim: _claim,
    ...basics
  } = sampleAttestation({ id: "trn_1111111111111111111111", ...said }).predicate;
  const last = messages.at(-1) ?? after;
  const statement = transcriptStatement(basics, { room: sampleRoom, swarm: "swm_1111111111111111111111", after, last });
  const { jws } = await signStatement(by, alter(statement));
  const keyHistory = await signHistory(issuer.root, issuer.history);
  return [headerLine({ format: transcriptFormat, statement: jws, keyHistory }), ...messages.map(messageLine)];
}
