/**
 * Stands in the bundle for Temporal's polyfill (wrangler.toml, `alias`). Inngest's library asks it for the present when a function waits for a
 * duration of Temporal's: ours waits for nothing.
 */
export const Temporal = {
  get Now(): never {
    throw new Error("no function of ours waits");
  },
};
