import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Webhook } from "standardwebhooks";
import { z } from "zod";
import { readBody } from "./read-body.ts";

const Event = z.looseObject({ id: z.string(), type: z.string() });
export type Delivery = z.output<typeof Event>;

export type WebhookReceiver = {
  readonly url: string;
  /** The secret to verify by. What comes before it is known is refused, and comes again. */
  readonly trust: (secret: string) => void;
  /** What came and was signed as it should be, oldest first. */
  readonly deliveries: () => readonly Delivery[];
  readonly close: () => Promise<void>;
};

/** A receiver as a customer would write one, with the library of Standard Webhooks: it takes what is signed, and refuses anything else. */
export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const deliveries = new Map<string, Delivery>();
  let webhook: Webhook | undefined;
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const event = webhook === undefined ? undefined : verify(webhook, await readBody(request), request);
    // The same event may come twice: its id is what it is known by.
    if (event !== undefined) deliveries.set(event.id, event);
    response.writeHead(event === undefined ? 401 : 204).end();
  };
  const server = createServer((request, response) => void take(request, response));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = z.object({ port: z.int() }).parse(server.address());
  return {
    url: `http://127.0.0.1:${port}/webhooks`,
    trust: (secret) => {
      webhook = new Webhook(secret);
    },
    deliveries: () => [...deliveries.values()],
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function verify(webhook: Webhook, body: string, { headers }: IncomingMessage): Delivery | undefined {
  const signed = ["webhook-id", "webhook-timestamp", "webhook-signature"].map((name) => [name, String(headers[name])]);
  try {
    webhook.verify(body, Object.fromEntries(signed));
    return Event.parse(JSON.parse(body));
  } catch {
    return undefined;
  }
}
