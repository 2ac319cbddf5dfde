import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

const nodeTests = ["test/local/**/*.test.ts", "test/**/*.node.test.ts"];

export default defineConfig({
  test: {
    // The Worker logs every request: shown where a test fails.
    silent: "passed-only",
    projects: [
      {
        plugins: [
          cloudflareTest(({ inject }) => ({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: { bindings: inject("bindings") },
          })),
        ],
        test: {
          name: "workerd",
          include: ["test/**/*.test.ts"],
          exclude: nodeTests,
          globalSetup: ["test/support/workerd-setup.node.ts"],
        },
      },
      { test: { name: "node", environment: "node", include: nodeTests, testTimeout: 60_000, hookTimeout: 60_000 } },
    ],
  },
});
