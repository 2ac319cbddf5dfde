import { env } from "cloudflare:workers";
import type { Received, ReceiverAnswer } from "./webhook-receiver.node.ts";

export type Receiver = {
  readonly url: string;
  /** What came, in order. */
  readonly received: () => Promise<Received[]>;
  /** What it answers from now on, in order; the last one stays. */
  readonly answer: (...answers: readonly ReceiverAnswer[]) => Promise<void>;
  /** Lets go of the answers that it holds back, and holds none from now on. */
  readonly release: () => Promise<void>;
};

const put = async (path: string, body: unknown): Promise<void> => {
  const { status } = await fetch(`${env.RECEIVER_URL}${path}`, { method: "PUT", body: JSON.stringify(body) });
  if (status !== 200) throw new Error(`the receiver answered ${status}`);
};

/** A place of its own at the tests' receiver (webhook-receiver.node.ts), which answers 200 until it is told otherwise. */
export async function openReceiver(...answers: readonly ReceiverAnswer[]): Promise<Receiver> {
  const token = crypto.randomUUID();
  const answer = (...next: readonly ReceiverAnswer[]): Promise<void> => put(`/answers/${token}`, next);
  if (answers.length > 0) await answer(...answers);
  return {
    url: `${env.RECEIVER_URL}/hook/${token}`,
    received: async () => (await fetch(`${env.RECEIVER_URL}/received/${token}`)).json<Received[]>(),
    answer,
    release: () => put(`/released/${token}`, {}),
  };
}

/** What the tests' resolver says of a name from now on. A name that nobody set cannot be resolved. */
export const setName = (host: string, addresses: readonly string[]): Promise<void> => put("/names", { host, addresses });
