import type { Bindings } from "../../src/env.ts";

declare global {
  namespace Cloudflare {
    interface Env extends Bindings {
      /** The control door of the tests' database (harness-server.node.ts). */
      readonly HARNESS_URL: string;
      /** Agents that behave and misbehave (test-agents.node.ts). */
      readonly AGENTS_URL: string;
      /** The keys of identity providers (test-identity.node.ts). */
      readonly IDENTITY_URL: string;
      /** An agent made with the official A2A SDK (a2a-agent.node.ts). */
      readonly A2A_URL: string;
      /** Upstreams that agents are granted, over HTTP and MCP (test-upstreams.node.ts). */
      readonly UPSTREAM_URL: string;
      /** A receiver of webhooks, which behaves as it is told (webhook-receiver.node.ts). */
      readonly RECEIVER_URL: string;
      /** The tests' resolver, at the same place. */
      readonly DOH_URL: string;
      /** What stands in for Clerk's Backend API (clerk-stand-in.node.ts). */
      readonly CLERK_STAND_IN_URL: string;
      /** The fingerprint of the root key that signed the key history. */
      readonly ROOT_FINGERPRINT: string;
      /** The chains that payments are taken on (test-chain.node.ts). */
      readonly X402_NETWORKS: string;
    }
    interface GlobalProps {
      mainModule: typeof import("../../src/worker.ts");
      durableNamespaces: "Gate" | "TransparencyLog" | "Room" | "WebhookDeliverer" | "GrantLedger";
    }
  }
}
