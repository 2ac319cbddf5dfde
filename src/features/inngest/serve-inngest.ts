import { problem } from "../../http/problem.ts";
import type { ProviderContext } from "../../http/operation.ts";
import { log } from "../../platform/logger.ts";
import { postsTo } from "../../platform/service-call.ts";
import { startRequestedRun } from "./start-requested-run.ts";

type Sdk = typeof import("./sdk.ts");
/** Where Inngest finds us. */
const servePath = "/webhooks/inngest";
const registerTimeoutMs = 10_000;
const againAfter = "60s";

/** Hands Inngest's call, the bytes as they were verified, to its own handler, which verifies them once more and answers signed. */
export async function serveInngest(context: ProviderContext): Promise<Response> {
  // Run by the first call that a signature proved: everybody else pays only for its bytes.
  const handle = openHandler(await import("./sdk.ts"), context);
  const { env, delivery, request } = context;
  const { method } = request;
  const url = new URL(`${servePath}${new URL(request.url).search}`, env.publicOrigin);
  const headers = new Headers(request.headers);
  headers.set("Host", url.host);
  return handle(new Request(url, { method, headers, ...(method === "GET" ? {} : { body: delivery.body }) }));
}

/**
 * Inngest's own handler for one call, with the one function that we serve. Dev mode, in which it would verify nothing, is off whatever the environment
 * says. It sends nothing while a function runs, and otherwise only tells Inngest what is served here.
 */
function openHandler(sdk: Sdk, context: ProviderContext): (request: Request) => Promise<Response> {
  const { inngest } = context.env.providers;
  if (inngest === undefined) throw problem("not_configured", "no signing key of inngest");
  const [signingKey, signingKeyFallback] = inngest.signingKeys;
  const client = new sdk.Inngest({
    id: "armalo",
    isDev: false,
    ...(signingKey === undefined ? {} : { signingKey }),
    ...(signingKeyFallback === undefined ? {} : { signingKeyFallback }),
    baseUrl: inngest.apiUrl,
    fetch: postsTo(`${inngest.apiUrl}/fn/register`, registerTimeoutMs),
    checkpointing: false,
    aiMetadata: false,
    sessionPropagation: false,
    logger,
  });
  const startEvalRun = client.createFunction(
    { id: "start-eval-run", triggers: [{ event: "armalo/eval.run.requested" }] },
    ({ event, step }) =>
      step.run("start-run", async () => {
        const answer = await startRequestedRun(context, event);
        if (answer.ok) return { runId: answer.runId };
        throw answer.later ? new sdk.RetryAfterError(answer.reason, againAfter) : new sdk.NonRetriableError(answer.reason);
      }),
  );
  return sdk.serve({ client, functions: [startEvalRun], serveOrigin: context.env.publicOrigin, servePath, enableUnauthedSync: false });
}

/** Its words without what it was given to say beside them: an event's data is not ours to log. */
const words = (said: readonly unknown[]): string => said.filter((part) => typeof part === "string").join(" ");
const logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: (...said: readonly unknown[]) => log("warn", "inngest_sdk", { said: words(said) }),
  error: (...said: readonly unknown[]) => log("error", "inngest_sdk", { said: words(said) }),
};
