/** Who may tell the service things: each signs what it sends, in its own way. */
export const providers = ["clerk", "whop", "stripe", "inngest"] as const;
export type Provider = (typeof providers)[number];
