const resources = ["agents", "pacts", "evals", "scores", "audit", "keys"] as const;

/** Every scope that a credential can carry: `<resource>:<read|write>`. */
export const scopes = resources.flatMap((resource) => [`${resource}:read`, `${resource}:write`] as const);

export type Scope = `${(typeof resources)[number]}:${"read" | "write"}`;
