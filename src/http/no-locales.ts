/** Stands in the bundle for zod's fifty languages (wrangler.toml, `alias`). English, which our messages are in, zod takes from elsewhere. */
export {};
