const resources = ["agents", "pacts", "evals", "scores", "audit", "keys"] as const;
const verbs = ["tokens:issue", "pacts:verify"] as const;

export type Scope = `${(typeof resources)[number]}:${"read" | "write"}` | (typeof verbs)[number];

/** Every scope that a credential can carry: `<resource>:<read|write>`, and a few verbs. */
export const scopes: readonly Scope[] = [...resources.flatMap((resource) => [`${resource}:read`, `${resource}:write`] as const), ...verbs];
