/** What the bench uses of autocannon, which brings no types. */
declare module "autocannon" {
  import type { EventEmitter } from "node:events";

  namespace autocannon {
    type Request = { readonly method?: string; readonly path: string; readonly headers?: Record<string, string>; readonly body?: string };
    type Options = {
      readonly url: string;
      readonly connections: number;
      /** Seconds. */
      readonly duration: number;
      /** Milliseconds between samples, at which a run can end. */
      readonly sampleInt: number;
      /** Puts a fresh 33 characters where a request has `[<id>]`. */
      readonly idReplacement: boolean;
      readonly setupClient: (client: { setRequests(requests: Request[]): void }) => void;
    };
    type Result = { readonly non2xx: number; readonly errors: number; readonly statusCodeStats: Record<string, { count: number }> };
    type Run = PromiseLike<Result> & {
      on(event: "response", listener: (client: EventEmitter, status: number, bytes: number, durationMs: number) => void): Run;
    };
  }
  function autocannon(options: autocannon.Options): autocannon.Run;
  export default autocannon;
}
