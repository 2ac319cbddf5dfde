import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

const nodeTests = ["test/local/**/*.test.ts", "test/**/*.node.test.ts"];

/** Limits for what hangs, not for what is slow: the slowest wait half a minute by design, and a busy machine takes several times as long. */
const patience = { testTimeout: 120_000, hookTimeout: 120_000, expect: { poll: { timeout: 20_000 } } };

/** Tests that run inside workerd, against a database that the project's set-up starts. */
const insideWorkerd = (name: string, include: string[]) => ({
  plugins: [
    cloudflareTest(({ inject }) => ({
      wrangler: { configPath: "./wrangler.toml" },
      miniflare: { bindings: inject("bindings") },
    })),
  ],
  test: {
    name,
    include,
    exclude: nodeTests,
    globalSetup: ["test/support/workerd-setup.node.ts"],
    ...patience,
  },
});

export default defineConfig({
  test: {
    // The Worker logs every request: shown where a test fails.
    silent: "passed-only",
    projects: [
      insideWorkerd("workerd", ["test/**/*.test.ts"]),
      // Every operation, and what two organizations share, once more where only the queries' own predicates keep tenants apart.
      insideWorkerd("without row security", ["test/operations.test.ts", "test/features/cosignatures/bilateral-pacts.test.ts"]),
      { test: { name: "node", environment: "node", include: nodeTests, ...patience } },
    ],
  },
});
