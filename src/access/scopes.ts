/** Every scope that a credential can carry: `<resource>:<read|write>`, and a few verbs. */
export const scopes = [
  "agents:read",
  "agents:write",
  "pacts:read",
  "pacts:write",
  "pacts:verify",
  "pacts:cosign",
  "evals:read",
  "evals:write",
  "scores:read",
  "attestations:read",
  "attestations:write",
  "receipts:read",
  "receipts:write",
  "swarms:read",
  "swarms:write",
  "swarms:join",
  "audit:read",
  "audit:witness",
  "keys:read",
  "keys:write",
  "tokens:issue",
] as const;

export type Scope = (typeof scopes)[number];
