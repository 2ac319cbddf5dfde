import { WorkerEntrypoint } from "cloudflare:workers";

/** Stands for Cloudflare's rate limiting binding, which workerd alone lacks. The measured requests never ask it. */
export class RateLimit extends WorkerEntrypoint {
  limit(): { success: boolean } {
    return { success: true };
  }
}

/** Stands for what no measured request may reach: Workflows and assets. */
export default { fetch: () => new Response(null, { status: 501 }) } satisfies ExportedHandler;
