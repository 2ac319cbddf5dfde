/** A policy under which anything may be attested of any agent. */
export const openPolicy = {
  rules: [
    {
      agents: "all",
      statements: ["score", "eval_run", "pact"],
      dimensions: "all",
      evidenceDigests: true,
      maxLifetimeDays: 90,
      requestedBy: ["organization", "agent"],
    },
  ],
};
