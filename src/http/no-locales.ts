/** Stands in the bundle for zod's fifty languages (wrangler.toml, `alias`). English, which our messages are in, zod takes from elsewhere. */
// oxlint-disable-next-line unicorn/require-module-specifiers -- an empty module, and a module all the same
export {};
